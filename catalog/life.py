"""Where a version stands among the versions of its API."""

import re
from collections.abc import Iterable

from catalog.models import State, Version

_STANDING = [State.LIVE, State.DEPRECATED, State.RETIRED, State.DRAFT]


def newest_first(versions: Iterable[Version]) -> list[Version]:
    """By name, numbers counted as numbers: v10 before v9, 2026-11-01 before 2026-02-01."""
    return sorted(versions, key=_name_parts, reverse=True)


def _name_parts(version: Version) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", version.name)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


def best_version(versions: Iterable[Version]) -> Version | None:
    """Which one to begin with: the newest that is live, else deprecated, else retired."""
    ranked = sorted(newest_first(versions), key=lambda version: _STANDING.index(version.standing))
    return ranked[0] if ranked else None
