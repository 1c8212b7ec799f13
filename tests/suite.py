"""`python -m tests.suite [path …]`: the suite on SQLite, then the tests of the database again on PostgreSQL.

Both run whatever the other says. A part without a test of the database has nothing to repeat.
"""

import os
import subprocess
import sys
import time

from tests.browser_path import chromium_path
from tests.ground.environment import REPOSITORY
from tests.ground.servers import running_postgres

_PYTEST = (sys.executable, "-m", "pytest", "-q")
_NOTHING_COLLECTED = 5
_NOT_PROVING = "not prove"


def main(paths: list[str]) -> int:
    """Answers the exit status."""
    started = time.monotonic()
    if chromium_path() is None:
        print(
            "tests: no Chromium found; on Debian: apt-get install chromium (or set CHROMIUM to its path)",
            file=sys.stderr,
        )
        return 1
    status = _run("SQLite", [*_workers(paths), "-m", _NOT_PROVING, *paths])
    status = _run_on_postgres(paths) or status
    print(f"==> {'All tests passed' if status == 0 else 'Tests failed'} after {time.monotonic() - started:.0f} s")
    return status


def _workers(paths: list[str]) -> list[str]:
    """A part that names files is quicker without workers to start."""
    few = bool(paths) and all(".py" in path for path in paths)
    return [] if few else ["-n", "2", "--dist", "loadgroup"]


def _run_on_postgres(paths: list[str]) -> int:
    options = [*_workers(paths), "-m", f"postgres_too and {_NOT_PROVING}", *paths]
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        return _unless_empty(_run("PostgreSQL of DATABASE_URL", options, given))
    with running_postgres() as url:
        return _unless_empty(_run("embedded PostgreSQL", options, url))


def _unless_empty(status: int) -> int:
    return 0 if status == _NOTHING_COLLECTED else status


def _run(database: str, options: list[str], database_url: str = "") -> int:
    print(f"==> Tests on {database}", flush=True)
    environment = {**os.environ, "DATABASE_URL": database_url}
    return subprocess.call([*_PYTEST, *options], env=environment, cwd=REPOSITORY)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
