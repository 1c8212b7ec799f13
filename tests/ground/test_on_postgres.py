"""Which tests run on PostgreSQL as well."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.ground.environment import REPOSITORY
from tests.ground.on_postgres import PATHS, is_repeated

LISTED, OTHER = "tests/keys/test_rotation.py::test_it[a]", "tests/contract/test_records.py::test_it"


def item(node_id: str, *fixtures: str, **marks: pytest.Mark) -> Any:
    return SimpleNamespace(nodeid=node_id, fixturenames=fixtures, get_closest_marker=marks.get)


def test_what_is_listed_is_there() -> None:
    for path in PATHS:
        file, _, test = path.partition("::")
        assert (REPOSITORY / file).exists(), path
        assert not test or f"def {test}(" in (REPOSITORY / file).read_text(), path


def test_what_uses_the_database_and_is_listed_is_repeated() -> None:
    assert is_repeated(item(LISTED, "db"))
    assert not is_repeated(item(LISTED))
    assert not is_repeated(item(OTHER, "db"))
    assert not is_repeated(item("tests/keys_of_others/test_x.py::test_it", "db"))
    assert not is_repeated(item(LISTED, "db", sqlite_only=pytest.mark.sqlite_only.mark))


@pytest.mark.parametrize("fixture", ["transactional_db", "db"])
def test_what_commits_and_is_not_listed_stops_the_run(fixture: str) -> None:
    marks = {"django_db": pytest.mark.django_db(transaction=True).mark} if fixture == "db" else {}
    with pytest.raises(pytest.UsageError, match="commits"):
        is_repeated(item(OTHER, fixture, **marks))
