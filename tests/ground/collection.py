"""What a test is, from the fixtures it asks for: on PostgreSQL too, beside others or alone with the running stack."""

import pytest

_DATABASE_FIXTURES = {"db", "transactional_db"}
#: Each is one installation for a whole run; a test of two would be in the group of both.
_STACK_FIXTURES = {"stack", "busy_stack"}


def mark(items: list[pytest.Item]) -> None:
    """Mark tests of the database `postgres_too`, and let those that share the running stack share a worker."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        stacks = sorted(fixtures & _STACK_FIXTURES)
        for name in stacks:
            item.add_marker(pytest.mark.xdist_group(name))
        if not stacks and _uses_database(item, fixtures) and not item.get_closest_marker("sqlite_only"):
            item.add_marker(pytest.mark.postgres_too)


def _uses_database(item: pytest.Item, fixtures: set[str]) -> bool:
    return bool(fixtures & _DATABASE_FIXTURES) or item.get_closest_marker("django_db") is not None
