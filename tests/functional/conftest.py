"""An installation with two gateway workers for tests that change plans, revoke keys and kill processes."""

from collections.abc import Iterator

import pytest

from tests.stack import Stack, lay_prepared, running_stack, stack_environment


@pytest.fixture(scope="package")
def busy_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    var_dir = tmp_path_factory.mktemp("busy") / "var"
    lay_prepared(var_dir)
    with running_stack(var_dir, stack_environment(var_dir, GATEWAY_WORKERS="2")) as running:
        yield running
