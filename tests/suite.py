"""`python -m tests.suite [--once] [path …]`: the suite on SQLite, then what could differ again on PostgreSQL.

Both run whatever the other says. A part of which nothing could differ has nothing to repeat. A few failures are asked
once more, alone, and named at the end; not with `--once`, nor with PROVE=1.
"""

import os
import sys
import time

from tests.browser_path import chromium_path
from tests.ground import bytecode, on_postgres
from tests.ground.asking import Told, notices, run_tests
from tests.ground.servers import postgres_server
from tests.ground.templates import built_beside

ONCE = "--once"
_NOTHING_COLLECTED = 5
_NOT_PROVING = "not prove"


def main(arguments: list[str]) -> int:
    """Answers the exit status."""
    started = time.monotonic()
    bytecode.keep()
    paths = [one for one in arguments if one != ONCE]
    asks_again = ONCE not in arguments and os.environ.get("PROVE") != "1"
    if chromium_path() is None:
        print(
            "tests: no Chromium found; on Debian: apt-get install chromium (or set CHROMIUM to its path)",
            file=sys.stderr,
        )
        return 1
    with postgres_server() as url, built_beside(*(() if paths else ("", url))):
        told = _run("SQLite", [*_workers(paths), "-m", _NOT_PROVING, *paths], asks_again)
        again = _unless_empty(_run("PostgreSQL", _on_postgres(paths), asks_again, url))
    status = again.status or told.status
    print(f"==> {'All tests passed' if status == 0 else 'Tests failed'} after {time.monotonic() - started:.0f} s")
    for line in notices([*told.passed_alone, *again.passed_alone]):
        print(line)
    return status


def _workers(paths: list[str]) -> list[str]:
    """A part that names files is quicker without workers to start."""
    few = bool(paths) and all(".py" in path for path in paths)
    return [] if few else ["-n", "2", "--dist", "loadgroup"]


def _on_postgres(paths: list[str]) -> list[str]:
    return [*_workers(paths), "-m", f"postgres_too and {_NOT_PROVING}", *(paths or on_postgres.PATHS)]


def _unless_empty(told: Told) -> Told:
    return Told(0, []) if told.status == _NOTHING_COLLECTED else told


def _run(database: str, options: list[str], asks_again: bool, database_url: str = "") -> Told:
    print(f"==> Tests on {database}", flush=True)
    return run_tests(options, {**os.environ, "DATABASE_URL": database_url}, asks_again=asks_again)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
