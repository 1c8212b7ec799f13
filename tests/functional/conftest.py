"""An installation with two gateway workers for tests that change plans, rotate keys and kill processes."""

from collections.abc import Iterator

import pytest

from tests.functional.desk import Desk, open_desk
from tests.stack import Stack, free_ports, lay_prepared, running_stack, stack_environment

LEAK_REPORT_TOKEN = "what secret scanners show to this installation"


@pytest.fixture(scope="session")
def busy_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One for all tests of the group `busy`, which share a worker."""
    var_dir = tmp_path_factory.mktemp("busy") / "var"
    lay_prepared(var_dir)
    more = {
        "GATEWAY_WORKERS": "2",
        "LEAK_REPORT_TOKEN": LEAK_REPORT_TOKEN,
        "METRICS_PORT": str(free_ports(1)[0]),
    }
    with running_stack(var_dir, stack_environment(var_dir, **more)) as running:
        yield running


@pytest.fixture(scope="session")
def desk(stack: Stack) -> Iterator[Desk]:
    """One for all tests that restrict at the running installation."""
    with open_desk(stack) as desk:
        yield desk
