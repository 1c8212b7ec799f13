"""`POST /api/leaks`: off until a token is set, and its answer tells nothing about the tokens that it was sent."""

import json
import logging
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pydantic import SecretStr

from contract.key_format import mint_key
from contract.settings import settings
from keys.leaks import handle_waiting
from keys.models import Credential, LeakReport
from tests.cast import Cast

TOKEN = "scanners show this, and it is long enough"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def _offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "leak_report_token", SecretStr(TOKEN))


def send(body: Any, headers: dict[str, str] = BEARER) -> Any:
    raw = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return Client(enforce_csrf_checks=True).post("/api/leaks", raw, content_type="application/json", headers=headers)


def item(token: str, **more: str) -> dict[str, str]:
    return {"type": "portcullis_key", "token": token, "url": "https://git.example/a/b", **more}


@pytest.mark.django_db
def test_it_is_not_there_while_no_token_is_set(client: Client) -> None:
    assert client.get("/api/leaks").status_code == 404
    assert send([], {"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
@pytest.mark.usefixtures("_offered")
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": ""}, {"Authorization": f"Bearer {TOKEN[:-1]}"}, {"Authorization": f"Basic {TOKEN}"}],
)
def test_whoever_lacks_the_token_is_refused(headers: dict[str, str]) -> None:
    response = send([item(mint_key("live"))], headers)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert LeakReport.objects.count() == 0


@pytest.mark.usefixtures("_offered")
def test_a_known_and_an_unknown_token_are_answered_alike_after_the_same_work(cast: Cast) -> None:
    answers = []
    for token in (cast.key.secret, mint_key("test")):
        with CaptureQueriesContext(connection) as asked:
            response = send([item(token)])
        answers.append((response.status_code, response.content, sorted(response.headers), len(asked)))
    assert answers[0] == answers[1]
    assert answers[0][:2] == (202, b'{"received": 1}')
    assert Credential.objects.get(pk=cast.key.credential.pk).state == "active", "looking up is the worker's"
    assert handle_waiting() == 2
    assert Credential.objects.get(pk=cast.key.credential.pk).state == "quarantined"
    assert LeakReport.objects.count() == 1
    assert send([item(cast.key.secret)] * 3).json() == {"received": 3}
    assert handle_waiting() == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("_offered")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{}", 400),
        (b"\xff\xfe[]", 400),
        ('[{"type": "x"}]', 400),
        ('[{"token": 5}]', 400),
        ('[{"token": null}]', 400),
        ("[" * 5000, 400),
        ([item("x")] * 501, 413),
        ("[" + " " * 300_000 + "]", 413),
        ([], 202),
        ([item("")], 202),
        ([item("pc_live_" + "é" * 36, type="\x00", url="\x00")], 202),
    ],
)
def test_only_a_short_list_of_items_is_taken(body: Any, status: int) -> None:
    assert send(body).status_code == status
    assert LeakReport.objects.count() == 0


@pytest.mark.usefixtures("_offered")
def test_hostile_words_beside_a_token_are_kept_as_plain_text(cast: Cast) -> None:
    assert (
        send([item(cast.key.secret, type="a\x00\u202e<b>" * 99, url="https://x.example/\x00\n<b>")]).status_code == 202
    )
    row = LeakReport.objects.get()
    assert (row.kind[:8], row.url) == ("a  <b>a ", "https://x.example/<b>")


@pytest.mark.usefixtures("_offered")
def test_no_token_is_logged(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        send([item(cast.key.secret, url=f"https://x.example/{cast.key.secret}")])
        handle_waiting()
    assert cast.key.secret not in caplog.text
    assert TOKEN not in caplog.text
