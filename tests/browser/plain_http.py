"""One request as one of the cast, without a browser; redirects are not followed."""

import http.client
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.browser.world import Role, World

_TIMEOUT_SECONDS = 20.0


class Answer(NamedTuple):
    """The head of an answer; `kind` is its media type, `location` "" where it leads nowhere."""

    status: int
    kind: str
    location: str


def look(world: World, role: Role, path: str) -> Answer:
    """GET the path and read no further than the head: some answers are streams."""
    portal = urlsplit(world.portal)
    assert portal.hostname, world.portal
    cookies = {"Cookie": f"sessionid={world.sessions[role]}"} if role in world.sessions else {}
    connection = http.client.HTTPConnection(portal.hostname, portal.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers={"Accept": "text/html", **cookies})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers.get_content_type(), answer.headers.get("Location", ""))
    finally:
        connection.close()
