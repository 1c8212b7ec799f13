"""Where a guide stands among those that a reader may know of. All of it by their list in the tree's order."""

from collections.abc import Sequence
from typing import NamedTuple

from guides.models import Guide


class Neighbours(NamedTuple):
    """What is read before and after."""

    before: Guide | None
    after: Guide | None


def at_place(guides: Sequence[Guide], place: str) -> Guide | None:
    """The guide of these slugs."""
    return next((guide for guide in guides if guide.place == place), None)


def above(guides: Sequence[Guide], guide: Guide) -> list[Guide]:
    """From the top down to its parent."""
    return [row for row in guides if row.path != guide.path and guide.path.startswith(row.path)]


def neighbours(guides: Sequence[Guide], guide: Guide) -> Neighbours:
    """The guides before and after it, through all levels."""
    paths = [row.path for row in guides]
    at = paths.index(guide.path)
    return Neighbours(guides[at - 1] if at else None, guides[at + 1] if at + 1 < len(guides) else None)
