"""The parts of a reference page that look the same to everybody who sees the same plans: drawn once and kept.

They are kept in the process, under what they were drawn from: the states of the version and of each plan that is open
to the reader, the plan whose view is shown, and the scopes by which operations are open. So a write to any of them
shows at once, and no reader gets what was drawn for one who sees other plans.
"""

from collections.abc import Callable, Hashable

from django.utils.safestring import SafeString

from portal.reference.contents import Contents
from portal.reference.kept import Kept
from portal.reference.reading import Reading

MOST_KEPT_CHARACTERS = 16_000_000
Parts = dict[str, SafeString]

_parts: Kept[Parts] = Kept(MOST_KEPT_CHARACTERS, lambda parts: sum(map(len, parts.values())))


def kept_parts(contents: Contents, reading: Reading, page: Hashable, draw: Callable[[], Parts]) -> Parts:
    """The parts of a page, by name; `draw` makes them where they are not kept."""
    version = contents.version
    plans = tuple((plan.public_id, plan.published_number) for plan in reading.plans)  # type: ignore[attr-defined]
    state = (version.public_id, version.published_number)  # type: ignore[attr-defined]
    key = (state, plans, reading.plan.public_id, contents.scopes, page)
    return _parts.get(key) or _parts.put(key, draw())
