"""Downloads of the staff side are sent as they are read: asked for as an ASGI server asks."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connections
from django.test import AsyncClient

from accounts.writes import rename_organisation
from portal.streaming import LINES_A_CHUNK
from tests.cast import Cast, make_cast
from tests.factories import ACTOR
from tests.logged import make_call

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Iterator[Cast]:
    yield make_cast()
    connections.close_all()


@async_to_sync
async def download(cast: Cast, path: str) -> list[bytes]:
    """The chunks of a download by staff."""
    client = AsyncClient()
    client.cookies[settings.SESSION_COOKIE_NAME] = cast.staff.client.session.session_key
    response: Any = await client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/x-ndjson")
    assert response["Content-Disposition"].startswith("attachment")
    return [chunk async for chunk in response.streaming_content]


def test_calls_come_in_pieces_and_only_those_that_fit(cast: Cast) -> None:
    make_call(cast)
    for _ in range(LINES_A_CHUNK + 1):
        make_call(cast, status=429, outcome="refused")
    first, second = download(cast, "/admin/calls.ndjson?status=429")
    assert (len(first.splitlines()), len(second.splitlines())) == (LINES_A_CHUNK, 1)
    assert {json.loads(line)["status"] for line in first.splitlines()} == {429}


def test_events_come_the_oldest_first_with_who_and_what(cast: Cast) -> None:
    for name in ("First", "Second"):
        rename_organisation(cast.organisation, name, actor=ACTOR)
    lines = b"".join(download(cast, "/admin/audit.ndjson?action=organisation.renamed")).splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["changes"]["name"][1] for event in events] == ["First", "Second"]
    assert [event["actor"] for event in events] == ["Tests", "Tests"]
