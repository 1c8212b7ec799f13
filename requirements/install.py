"""Make the virtual environment hold exactly what a lock file names: `python requirements/install.py venv|base|dev`.

Runs on the system's Python before anything is installed: standard library only, and plain enough for an old Python to
say what is wrong. Several may run at once; one works and the others wait for it.
"""

import fcntl
import hashlib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(os.path.dirname(HERE), ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
LEVELS = ("base", "dev")
OLDEST = (3, 11)


def main(wanted):
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            f"Portcullis needs Python 3.11 or newer; {sys.executable} is {found}. Name one: make PYTHON=/path/to/it"
        )
    with open(__file__) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not venv_fits():
            make_venv()
        if wanted != "venv":
            install(wanted)


def venv_fits():
    """The environment exists and its interpreter runs and is of this minor version."""
    probe = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    return os.path.exists(PYTHON) and subprocess.call([PYTHON, "-c", probe]) == 0


def make_venv():
    say("Making the virtual environment in .venv/")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
    if made.returncode:
        reason = " ".join((made.stdout + made.stderr).split())[:300]
        sys.exit(f"Cannot make .venv/ with {sys.executable} (on Debian: apt-get install python3-venv): {reason}")


def install(wanted):
    """Bring the environment to the lock, unless another run just did. What holds dev stays at dev."""
    level = "dev" if "dev" in (wanted, installed_level()) else "base"
    if stamped(level) != digest(level):
        install_installer()
        install_lock(level)
    for done in LEVELS[: LEVELS.index(level) + 1]:
        with open(stamp_path(done), "w") as stamp:
            stamp.write(digest(done))


def installed_level():
    return "dev" if os.path.exists(stamp_path("dev")) else "base"


def install_installer():
    say("Fetching the installer")
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock_path("bootstrap")])


def install_lock(level):
    with open(lock_path(level)) as lock:
        count = sum("==" in line for line in lock)
    say(f"Installing {count} locked packages")
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    uv = os.path.join(VENV, "bin", "uv")
    run([uv, "pip", "sync", *quiet, "--python", PYTHON, "--require-hashes", lock_path(level)])


def run(command):
    """End with one line where a step fails; its own words stand above it."""
    if subprocess.call(command):
        sys.exit(f"Could not install {command[-1]}: see above. The next `make` goes on from here.")


def digest(level):
    """Names the locks and the interpreter, so that a change of either installs anew."""
    found = hashlib.sha256(sys.version.encode())
    for name in ("bootstrap", "base", level):
        with open(lock_path(name), "rb") as lock:
            found.update(lock.read())
    return found.hexdigest()


def stamped(level):
    try:
        with open(stamp_path(level)) as stamp:
            return stamp.read()
    except OSError:
        return ""


def stamp_path(level):
    return os.path.join(VENV, "installed-" + level)


def lock_path(name):
    return os.path.join(HERE, name + ".txt")


def say(text):
    print("==> " + text, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
