import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.demo.upstream_process import Upstream


@contextmanager
def running(journal: Path) -> Iterator[Upstream]:
    command = [sys.executable, "-m", "demo.upstream", "--port", "0", "--journal", str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            announcement = process.stdout.readline()
            assert announcement, process.stderr.read()
            yield Upstream(process, int(announcement.rsplit(":", 1)[1]), journal)
        finally:
            process.kill()


@pytest.fixture
def start_upstream(tmp_path: Path) -> Iterator[Callable[..., Upstream]]:
    """Starts real upstream processes, each with a journal of its own unless given one."""
    with ExitStack() as stack:
        count = iter(range(100))

        def start(journal: Path | None = None) -> Upstream:
            return stack.enter_context(running(journal or tmp_path / f"journal-{next(count)}.ndjson"))

        yield start


@pytest.fixture
def upstream(start_upstream: Callable[..., Upstream]) -> Upstream:
    """A process of the test's own, for tests that write or look at the journal."""
    return start_upstream()


@pytest.fixture(scope="session")
def read_only_upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """One process for all tests that change no row."""
    with running(tmp_path_factory.mktemp("upstream") / "journal.ndjson") as upstream:
        yield upstream
