"""`/apps/<id>/calls/stream`: tells an open page that calls came, as soon as they are in the log.

The log is asked only when a bell rings (see portal.arrivals). Session and membership are looked at again each minute.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.access import NotVisible, access_application
from accounts.models import Application, User
from analytics.arrivals import PositionLost
from portal.arrivals import arrivals
from portal.pages.event_stream import HEARTBEAT, encode_event, event_stream
from portal.pages.stream_views import VIEWS, Batch, StreamView

HEARTBEAT_SECONDS = 15.0
RECHECK_SECONDS = 60.0
GAP_SECONDS = 0.2
"""Least time between two looks into the log: calls that come faster arrive together."""
MOST_STREAMS_A_PERSON = 10
THREADS = 2

#: Threads of the streams' own: each keeps one database connection, however many streams are open.
_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="live")
_open: Counter[int] = Counter()


class Watcher(NamedTuple):
    """Who looks at which application, by which session."""

    user: User
    application: Application
    session_key: str


def _in_thread(function: Callable[..., Any], *args: Any) -> Any:
    def run() -> Any:
        close_old_connections()
        return function(*args)

    return sync_to_async(run, thread_sensitive=False, executor=_pool)()


@require_safe
async def calls_stream(request: HttpRequest, app_id: str) -> HttpResponse:
    """`?as=` names the view of a page, `?after=` the call it saw last; `Last-Event-ID` goes first."""
    view = VIEWS.get(request.GET.get("as", ""))
    if view is None:
        raise NotVisible("stream")
    watcher: Watcher | None = await _in_thread(_admit, request, app_id)
    if watcher is None:
        return HttpResponse("Sign in first.", status=401, content_type="text/plain")
    if _open[watcher.user.pk] >= MOST_STREAMS_A_PERSON:
        return HttpResponse("Too many pages of yours are open.", status=429, content_type="text/plain")
    position = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return event_stream(_events(watcher, view(watcher.application, request.GET), position))


def _admit(request: HttpRequest, app_id: str) -> Watcher | None:
    if not isinstance(user := get_user(request), User):
        return None
    return Watcher(user, access_application(user, app_id), request.session.session_key or "")


def _may_still_see(watcher: Watcher) -> bool:
    """Whether the session lives, belongs to the same person, and the person is still in the organisation."""
    fresh = HttpRequest()
    fresh.session = import_module(settings.SESSION_ENGINE).SessionStore(watcher.session_key)
    user = get_user(fresh)
    try:
        return user == watcher.user and bool(access_application(user, watcher.application.public_id))
    except NotVisible:
        return False


@contextmanager
def _counted(user: User) -> Any:
    _open[user.pk] += 1
    try:
        yield
    finally:
        _open[user.pk] -= 1
        if not _open[user.pk]:
            del _open[user.pk]


async def _events(watcher: Watcher, view: StreamView, position: str) -> AsyncGenerator[bytes, None]:
    checked = time.monotonic()
    with _counted(watcher.user), arrivals.listen(watcher.application.public_id) as bell:
        yield HEARTBEAT
        bell.set()
        while True:
            if time.monotonic() - checked >= RECHECK_SECONDS:
                if not await _in_thread(_may_still_see, watcher):
                    yield encode_event("end", "")
                    return
                checked = time.monotonic()
            if not await _rings(bell):
                yield HEARTBEAT
                continue
            batch: Batch | None = await _in_thread(_look, view, position)
            if batch:
                position = batch.position
                yield encode_event(batch.event, batch.html, position)
            await asyncio.sleep(GAP_SECONDS)


async def _rings(bell: asyncio.Event) -> bool:
    """Whether the bell rang before the next heartbeat is due."""
    try:
        await asyncio.wait_for(bell.wait(), HEARTBEAT_SECONDS)
    except TimeoutError:
        return False
    bell.clear()
    return True


def _look(view: StreamView, position: str) -> Batch | None:
    try:
        return view.after(position)
    except PositionLost:
        return view.lost()
