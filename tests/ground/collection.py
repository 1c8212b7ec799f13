"""What a test is, from the fixtures it asks for: on PostgreSQL too, beside others or alone with the running stack."""

import pytest

from tests.ground.on_postgres import is_repeated

#: Each is one installation for a whole run; a test of two would be in the group of both.
_STACK_FIXTURES = {"stack", "busy_stack"}


def mark(items: list[pytest.Item]) -> None:
    """Mark what is repeated `postgres_too`, and let those that share the running stack share a worker."""
    for item in items:
        stacks = sorted(set(getattr(item, "fixturenames", ())) & _STACK_FIXTURES)
        for name in stacks:
            item.add_marker(pytest.mark.xdist_group(name))
        if not stacks and is_repeated(item):
            item.add_marker(pytest.mark.postgres_too)
