"""Compiled code is kept though the shell says otherwise: hundreds of processes start here, each compiling for seconds.

Where the shell says so, it is kept in the cache folder and not beside the sources.
"""

import os
import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[2] / ".pytest_cache" / "bytecode"


def keep() -> None:
    """In this process and in those that it starts."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        sys.dont_write_bytecode = False
        sys.pycache_prefix = os.environ.setdefault("PYTHONPYCACHEPREFIX", str(_FOLDER))
