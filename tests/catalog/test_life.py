"""Which version comes first."""

from catalog.life import best_version, newest_first
from catalog.models import Version


def versions(*names: str, state: str = "live") -> list[Version]:
    return [Version(name=name, state=state) for name in names]


def test_numbers_in_names_count_as_numbers():
    names = [version.name for version in newest_first(versions("v2", "v10", "v9", "v1.10", "v1.9", "2026-02-01"))]
    assert names == ["v10", "v9", "v2", "v1.10", "v1.9", "2026-02-01"]


def test_names_of_any_shape_can_be_compared():
    assert len(newest_first(versions("beta", "1", "v", "v1", "1a", "a1b2", "a.b"))) == 7


def test_one_begins_with_the_newest_that_is_live():
    deprecated, retired = versions("v3", state="deprecated"), versions("v4", state="retired")
    assert best_version([*versions("v1", "v2"), *deprecated, *retired]).name == "v2"
    assert best_version([*deprecated, *retired]).name == "v3"
    assert best_version([]) is None
