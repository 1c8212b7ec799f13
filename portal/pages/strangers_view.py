"""What whoever is not signed in may see of a version: the same for all, so it is kept while nothing is written."""

import time

from django.http import HttpRequest

from audit.publishing import state_of
from portal.reference.contents import Contents, contents_of
from portal.reference.kept import Kept
from portal.reference.reading import Reading, read_as

MOST_KEPT = 64
_KEPT_SECONDS = 60
"""Dates are judged anew each time; only that a brownout is over may be shown so much later."""
_kept: Kept[tuple[Contents, Reading]] = Kept(MOST_KEPT, lambda _: 1)


def view_of(request: HttpRequest, api: str, version: str) -> tuple[Contents, Reading]:
    """The contents of a version and as whose they are read: five queries, or one. Raises NotVisible."""
    plan = request.GET.get("plan", "")
    if request.user.is_authenticated:
        return _look(request, api, version, plan)
    key = (state_of("api", "plan", "version"), int(time.time() / _KEPT_SECONDS), api, version, plan)
    return _kept.get(key) or _kept.put(key, _look(request, api, version, plan))


def _look(request: HttpRequest, api: str, version: str, plan: str) -> tuple[Contents, Reading]:
    contents = contents_of(request.user, api, version)
    return contents, read_as(request.user, contents.version, plan)
