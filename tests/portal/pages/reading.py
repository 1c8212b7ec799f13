"""Reading a page as a test sees it."""

import re
from html import unescape

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def read(client: Client, address: str, status: int = 200) -> str:
    """The page's HTML, its status checked."""
    response = client.get(address)
    assert response.status_code == status, (address, response.status_code)
    return response.content.decode()


def words(page: str) -> str:
    """What stands in the page's main part, tags dropped and spaces joined."""
    main = page.partition("<main")[2].partition("</main>")[0].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def title(page: str) -> str:
    return unescape(re.search(r"<title>(.*?)</title>", page, re.S)[1])


def queries(client: Client, address: str) -> int:
    """How many queries the page makes."""
    with CaptureQueriesContext(connection) as captured:
        read(client, address)
    return len(captured)
