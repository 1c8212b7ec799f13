"""What runs on PostgreSQL as well: whatever its answer could depend on.

Domain packages with their queries, constraints, JSON and locks; pages that count, filter and search; each console and
each open address once; and whatever commits. The other tests of pages ask the same functions over again.
"""

import pytest

#: Folders, files and single tests.
PATHS = (
    "tests/accounts",
    "tests/analytics",
    "tests/audit",
    "tests/catalog/test_import_runs.py",
    "tests/catalog/test_imports.py",
    "tests/catalog/test_imports_beside_writers.py",
    "tests/catalog/test_lifecycle.py",
    "tests/keys",
    "tests/notices",
    "tests/plans/test_mask_parameters.py",
    "tests/plans/test_plan_writes.py",
    "tests/plans/test_reach.py",
    "tests/plans/test_terms.py",
    "tests/plans/test_visibility.py",
    "tests/portal/oauth/test_grants.py",
    "tests/portal/oauth/test_races.py",
    "tests/portal/oauth/test_taking_back.py",
    "tests/portal/pages/test_activity.py",
    "tests/portal/pages/test_app_pages.py",
    "tests/portal/pages/test_consent_pages.py",
    "tests/portal/pages/test_every_address.py",
    "tests/portal/pages/test_home_page.py",
    "tests/portal/pages/test_live_streams.py",
    "tests/portal/pages/test_log_pages.py",
    "tests/portal/pages/test_plans_page.py",
    "tests/portal/pages/test_search_page.py",
    "tests/portal/pages/test_session_store.py",
    "tests/portal/pages/test_status_page.py",
    "tests/portal/pages/test_team_pages.py",
    "tests/portal/test_schedule.py",
    "tests/portal/test_worker.py",
    "tests/restrictions",
    "tests/staff/test_audit_console.py",
    "tests/staff/test_call_consoles.py",
    "tests/staff/test_consumer_consoles.py",
    "tests/staff/test_downloads.py",
    "tests/staff/test_every_console.py::test_every_console_opens",
    "tests/staff/test_every_console.py::test_queries_do_not_grow_with_the_data",
    "tests/staff/test_receipts.py",
    "tests/test_ground.py",
)
_DATABASE_FIXTURES = {"db", "transactional_db"}


def is_repeated(item: pytest.Item) -> bool:
    """Whether the test runs on PostgreSQL too. Raises UsageError for one that commits and is not on the list."""
    database = item.get_closest_marker("django_db")
    uses_database = database is not None or bool(_DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())))
    if not uses_database or item.get_closest_marker("sqlite_only"):
        return False
    listed = _is_listed(item.nodeid)
    if _commits(item, database) and not listed:
        raise pytest.UsageError(f"{item.nodeid} commits: its file belongs into tests/ground/on_postgres.py")
    return listed


def _is_listed(node_id: str) -> bool:
    test = node_id.partition("[")[0]
    return any(test == one or test.startswith((f"{one}/", f"{one}::")) for one in PATHS)


def _commits(item: pytest.Item, database: pytest.Mark | None) -> bool:
    marked = database is not None and bool(database.kwargs.get("transaction"))
    return marked or "transactional_db" in getattr(item, "fixturenames", ())
