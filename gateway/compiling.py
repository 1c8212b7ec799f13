"""`python -m gateway.compiling`: compile the hot modules for the gateways that are started from now on.

Needs what `make lint` needs, a C compiler and Python's headers, and a minute. Gateways that run keep what they have.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from gateway.compiled import FOLDER, MODULES, REPOSITORY, place, source_of


def main() -> int:
    """Answers the exit status: 1 where it cannot be done, and says why."""
    folder = place()
    if folder.is_dir():
        print(f"==> Compiled already: {folder.relative_to(REPOSITORY)}")
        return 0
    if missing := _missing():
        print(f"==> Not compiled, so gateways run as plain Python: {missing}", file=sys.stderr)
        return 1
    print("==> Compiling the gateway's hot modules; this takes about a minute", flush=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=".") as work:
        if said := _compile(Path(work)):
            print(f"==> Not compiled, so gateways run as plain Python:\n{said[-2000:]}", file=sys.stderr)
            return 1
        _lay(Path(work) / "made", folder)
    print(f"==> Compiled: {folder.relative_to(REPOSITORY)}")
    return 0


def _missing() -> str:
    """What it takes and is not there; empty where all is."""
    if shutil.which((os.environ.get("CC") or "cc").split()[0]) is None:
        return "no C compiler (on Debian: apt-get install gcc libc6-dev)"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "no headers of Python (on Debian: apt-get install python3-dev)"
    return ""


def _compile(work: Path) -> str:
    """Into `made` of a folder; answers what went wrong. The compilers work in a process of their own: they print much,
    and end it where they meet an error."""
    command = [sys.executable, "-c", "import sys; from gateway.compiling import build; build(sys.argv[1])", str(work)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)  # noqa: S603
    return (done.stdout + done.stderr).strip() if done.returncode else ""


def build(work: str) -> None:
    """Python to C (mypyc), C to machine code. Runs in the repository."""
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    sources = [str(source_of(module)) for module in MODULES]
    extensions = mypycify(sources, opt_level="3", debug_level="0", group_name="gateway", target_dir=f"{work}/c")
    command = build_ext(Distribution({"ext_modules": extensions}))
    command.build_lib, command.build_temp = f"{work}/made", f"{work}/objects"
    command.ensure_finalized()
    command.run()


def _lay(made: Path, folder: Path) -> None:
    """Put it where gateways look, whole, and remove what was compiled of earlier sources."""
    for old in FOLDER.iterdir():
        if not old.name.startswith("."):
            shutil.rmtree(old, ignore_errors=True)
    made.rename(folder)


if __name__ == "__main__":
    sys.exit(main())
