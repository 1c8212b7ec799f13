"""`/apps/<id>/calls/stream`: calls reach open pages when they reach the log, and nobody else's pages."""

import asyncio
import threading
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.db import connections
from django.test import AsyncClient

from accounts.models import Membership
from accounts.session_store import SessionStore
from catalog.models import Operation
from contract.settings import settings
from contract.valkey_keys import ARRIVALS
from portal.arrivals import Arrivals, arrivals
from portal.pages import live
from portal.pages.event_stream import encode_event
from portal.pages.stream_views import MOST_ROWS
from tests.cast import make_cast
from tests.ground.servers import running_valkey
from tests.portal.pages.calling import make_calls

WITHIN_SECONDS = 10.0


@pytest.fixture
def cast(transactional_db):
    return make_cast()


@pytest.fixture(autouse=True)
async def _no_connection_outlives_its_test():
    """The database is made anew after each test; threads that look into it must not go on with the old one."""
    yield
    await sync_to_async(connections.close_all)()
    await sync_to_async(_close_in_each_thread_of_the_pool)()


def _close_in_each_thread_of_the_pool():
    together = threading.Barrier(live.THREADS)

    def close():
        together.wait(WITHIN_SECONDS)
        connections.close_all()

    for waiting in [live._pool.submit(close) for _ in range(live.THREADS)]:
        waiting.result()


def browser_of(person):
    """An asynchronous client with the person's session."""
    client = AsyncClient()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = person.client.session.session_key
    return client


def address(application, **query):
    return f"/apps/{application.public_id}/calls/stream?{urlencode({'as': 'rows', 'after': '', **query})}"


class Stream:
    """The events of one answer."""

    def __init__(self, response):
        self._response = response
        self._chunks = aiter(response.streaming_content)

    async def next(self):
        """The next event as {field: text}; heartbeats are passed over."""
        while True:
            text = (await asyncio.wait_for(anext(self._chunks), WITHIN_SECONDS)).decode()
            if not text.startswith(":"):
                return parse(text)

    async def opened(self):
        """Until the first byte is there, so that the stream listens."""
        await asyncio.wait_for(anext(self._chunks), WITHIN_SECONDS)
        return self

    async def close(self):
        """As the server does it when the client has left."""
        await sync_to_async(self._response.close)()


def parse(text):
    assert text.endswith("\n\n")
    fields = {}
    for line in text.strip("\n").split("\n"):
        name, _, value = line.partition(": ")
        fields[name] = f"{fields[name]}\n{value}" if name in fields else value
    return fields


@asynccontextmanager
async def watching(person, url, **headers):
    response = await browser_of(person).get(url, headers=headers)
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["Cache-Control"] == "no-store"
    stream = await Stream(response).opened()
    try:
        yield stream
    finally:
        await stream.close()


@sync_to_async
def arrive(application, count=1, **values):
    """Calls come into the log and are announced, as the worker does it."""
    calls = make_calls(
        application, Operation.objects.get(anchor="list-books", version__plans__isnull=False), count, **values
    )
    redis.Redis(unix_socket_path=settings().redis_url.removeprefix("unix://")).publish(ARRIVALS, application.public_id)
    return calls


async def test_a_call_reaches_an_open_page_as_the_row_that_the_page_would_show(cast):
    async with watching(cast.owner, address(cast.application)) as stream:
        [call] = await arrive(cast.application, masked=["$.isbn"])
        event = await stream.next()
    assert event["event"] == "calls"
    assert event["id"] == call.request_id
    assert 'class="first-call"' in event["data"]
    assert f"/logs/{call.request_id}/" in event["data"]
    assert 'id="sent" hx-swap-oob="true"' in event["data"]


async def test_what_came_before_the_stream_opened_is_not_lost(cast):
    [seen] = await arrive(cast.application)
    [missed] = await arrive(cast.application, path="/missed")
    async with watching(cast.owner, address(cast.application, after=seen.request_id)) as stream:
        event = await stream.next()
    assert event["id"] == missed.request_id
    assert event["data"].count("<li") == 1


async def test_a_stream_goes_on_after_the_last_event(cast):
    first, second = (await arrive(cast.application))[0], (await arrive(cast.application))[0]
    async with watching(
        cast.owner, address(cast.application, after=first.request_id), **{"Last-Event-ID": second.request_id}
    ) as stream:
        [third] = await arrive(cast.application)
        event = await stream.next()
    assert event["id"] == third.request_id
    assert event["data"].count("<li") == 1


async def test_rows_of_one_event_stand_newest_first(cast):
    async with watching(cast.owner, address(cast.application)) as stream:
        calls = await arrive(cast.application, 3)
        data = (await stream.next())["data"]
    places = [data.index(f"/logs/{call.request_id}/") if call.request_id in data else -1 for call in calls]
    assert places[0] != -1
    assert data.count("<li") == 3


async def test_calls_of_others_do_not_ring(cast):
    async with watching(cast.owner, address(cast.application)) as stream:
        await arrive(cast.strangers_application)
        [own] = await arrive(cast.application)
        assert (await stream.next())["id"] == own.request_id


async def test_more_calls_than_a_page_can_add_tell_it_to_load_again(cast):
    async with watching(cast.owner, address(cast.application)) as stream:
        await arrive(cast.application, MOST_ROWS + 1)
        assert (await stream.next())["event"] == "lost"
        [later] = await arrive(cast.application)
        event = await stream.next()
    assert event["id"] == later.request_id
    assert event["data"].count("<li") == 1


@pytest.mark.parametrize("position", ["no-such-call", "\x00", "x" * 3000, "<script>", "🙂"])
async def test_an_unknown_position_tells_the_page_to_load_again(cast, position):
    async with watching(cast.owner, address(cast.application, after=position)) as stream:
        assert (await stream.next())["event"] == "lost"


async def test_strangers_get_404_and_nobody_401(cast):
    assert (await browser_of(cast.stranger).get(address(cast.application))).status_code == 404
    assert (await AsyncClient().get(address(cast.application))).status_code == 401
    assert (await browser_of(cast.owner).get(address(cast.application, **{"as": "<x>"}))).status_code == 404
    assert (await browser_of(cast.owner).post(address(cast.application))).status_code == 405


async def test_a_viewer_sees_calls_arrive_too(cast):
    async with watching(cast.teammate, address(cast.application)) as stream:
        await arrive(cast.application)
        assert (await stream.next())["event"] == "calls"


@pytest.fixture
def _impatient(monkeypatch):
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0.0)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)


@pytest.mark.usefixtures("_impatient")
async def test_a_stream_ends_with_its_session(cast):
    async with watching(cast.owner, address(cast.application)) as stream:
        await SessionStore().adelete(cast.owner.client.session.session_key)
        assert (await stream.next())["event"] == "end"


@pytest.mark.usefixtures("_impatient")
async def test_a_stream_ends_when_its_person_leaves_the_organisation(cast):
    async with watching(cast.teammate, address(cast.application)) as stream:
        await Membership.objects.filter(user=cast.teammate.user).adelete()
        assert (await stream.next())["event"] == "end"


@pytest.mark.usefixtures("_impatient")
async def test_a_stream_that_may_go_on_beats(cast):
    async with watching(cast.owner, address(cast.application)) as stream:
        beat = await asyncio.wait_for(anext(stream._chunks), WITHIN_SECONDS)
    assert beat.startswith(b":")


async def test_a_person_may_open_only_so_many_streams_and_closing_one_makes_room(cast, monkeypatch):
    monkeypatch.setattr(live, "MOST_STREAMS_A_PERSON", 2)
    async with watching(cast.owner, address(cast.application)):
        async with watching(cast.owner, address(cast.application)):
            assert (await browser_of(cast.owner).get(address(cast.application))).status_code == 429
            async with watching(cast.teammate, address(cast.application)):
                pass
        await until(open_streams, 1)
        async with watching(cast.owner, address(cast.application)):
            pass
    await until(open_streams, 0)


async def open_streams():
    return live._open.total()


async def test_all_streams_share_one_reader_which_ends_with_the_last(cast, valkey_client):
    async def readers():
        [(_, count)] = await sync_to_async(valkey_client.pubsub_numsub)(ARRIVALS)
        return count

    async with (
        watching(cast.owner, address(cast.application)),
        watching(cast.stranger, address(cast.strangers_application)),
    ):
        await until(readers, 1)
    await until(readers, 0)
    assert arrivals._reader is None


async def until(ask, expected):
    async with asyncio.timeout(WITHIN_SECONDS):
        while await ask() != expected:
            await asyncio.sleep(0.02)


async def test_an_open_log_is_told_how_many_calls_fit_its_filters(cast):
    query = {"as": "count", "status": "5xx", "range": "24h"}
    async with watching(cast.owner, address(cast.application, **query)) as stream:
        await arrive(cast.application, status=200)
        await arrive(cast.application, 2, status=503)
        event = await stream.next()
        while "2 new calls" not in event["data"]:
            event = await stream.next()
    assert event["event"] == "count"
    assert 'href="?status=5xx&amp;range=24h"' in event["data"]


async def test_a_log_with_wrong_filters_is_told_nothing(cast, monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.3)
    async with watching(cast.owner, address(cast.application, **{"as": "count", "status": "<x>"})) as stream:
        await arrive(cast.application)
        assert (await asyncio.wait_for(anext(stream._chunks), WITHIN_SECONDS)).startswith(b":")


async def test_bells_ring_again_after_valkey_has_restarted(tmp_path, monkeypatch):
    socket = tmp_path / "v.sock"
    monkeypatch.setattr(settings(), "redis_url", f"unix://{socket}")
    heard = Arrivals()
    with heard.listen("app_one") as bell:
        for _ in range(2):
            server = running_valkey(socket)
            await sync_to_async(server.__enter__)()
            try:
                await asyncio.wait_for(
                    bell.wait(), WITHIN_SECONDS
                )  # rings on subscribing, for what may have been missed
                bell.clear()
                await sync_to_async(redis.Redis(unix_socket_path=str(socket)).publish)(ARRIVALS, "app_one")
                await asyncio.wait_for(bell.wait(), WITHIN_SECONDS)
                bell.clear()
            finally:
                await sync_to_async(server.__exit__)(None, None, None)


def test_an_event_keeps_its_lines_and_lets_nothing_in_through_its_id():
    event = encode_event("calls", "one\r\ntwo\n\nthree\rfour", "id\nevent: forged\r\n\n")
    assert event == b"event: calls\nid: idevent: forged\ndata: one\ndata: two\ndata: \ndata: three\ndata: four\n\n"
    assert encode_event("end", "") == b"event: end\ndata: \n\n"
