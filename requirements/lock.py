"""Resolve the requirements into lock files with hashes, each on top of the one before it."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LOCKS = ("bootstrap", "base", "dev", "bench")


def resolve(name: str) -> None:
    """Raises CalledProcessError where the requirements do not fit together."""
    uv = Path(sys.executable).with_name("uv")
    options = [
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        "--quiet",
    ]
    subprocess.run(
        [uv, "pip", "compile", *options, f"{name}.in", "-o", f"{name}.txt", *sys.argv[1:]], cwd=HERE, check=True
    )


if __name__ == "__main__":
    for name in LOCKS:
        print(f"==> Resolving requirements/{name}.in", flush=True)
        resolve(name)
