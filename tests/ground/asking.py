"""A run of tests whose few failures are asked once more, alone.

Many tests start real processes, and both processors may be busy for seconds: what fails then and passes alone says
something of the machine. What fails twice, or more than a few, says something of the product.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.ground import failures
from tests.ground.environment import REPOSITORY

MOST_ASKED_AGAIN = 5
_TESTS_FAILED = 1


class Told(NamedTuple):
    """pytest's exit status, and the ids of what passed only when asked again."""

    status: int
    passed_alone: list[str]


def run_tests(options: list[str], environment: dict[str, str], *, asks_again: bool, folder: Path = REPOSITORY) -> Told:
    """Run pytest; where at most a few tests failed, run those again without workers."""
    with tempfile.TemporaryDirectory() as scratch:
        notes = Path(scratch) / "failed"
        status = _pytest(["-p", failures.__name__, *options], {**environment, failures.VARIABLE: str(notes)}, folder)
        failed = failures.noted(notes)
    if status != _TESTS_FAILED or not asks_again or len(failed) > MOST_ASKED_AGAIN:
        return Told(status, [])
    print(f"==> Asked again, alone: {_listed(failed)}", flush=True)
    status = _pytest(failed, environment, folder)
    return Told(status, failed if status == 0 else [])


def notices(passed_alone: list[str]) -> list[str]:
    """What a run says at its very end of tests that failed once."""
    return [f"==> Passed only when asked again, alone: {_listed(passed_alone)}"] if passed_alone else []


def _pytest(options: list[str], environment: dict[str, str], folder: Path) -> int:
    return subprocess.call([sys.executable, "-m", "pytest", "-q", *options], env=environment, cwd=folder)


def _listed(node_ids: list[str]) -> str:
    return ", ".join(node_ids)
