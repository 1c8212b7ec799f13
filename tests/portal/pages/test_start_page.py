"""`/start/`: the key once, the line to send, calls as they arrive."""

import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client

from accounts.models import Application
from catalog.models import Operation
from contract.key_format import SCANNER_REGEX
from keys.models import Credential
from portal.pages.json_text import indented
from tests.portal.pages.calling import make_calls
from tests.portal.pages.reading import queries, read, words
from tests.portal.pages.test_account_pages import sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer(cast):
    client = Client()
    sign_up(client)
    client.application = Application.objects.latest("pk")
    return client


def shown_key(page):
    found = re.search(SCANNER_REGEX, page)
    return found[0] if found else ""


def test_the_key_is_shown_once_and_is_not_cached(newcomer):
    first = newcomer.get("/start/")
    assert "no-store" in first.headers["Cache-Control"]
    key = shown_key(first.content.decode())
    assert key.endswith(Credential.objects.latest("pk").secrets.get().last4)
    second = read(newcomer, "/start/")
    assert shown_key(second) == ""
    assert "Shown once already" in words(second)


def test_a_look_at_the_head_does_not_use_the_key_up(newcomer):
    newcomer.head("/start/")
    assert shown_key(read(newcomer, "/start/"))


def test_the_samples_are_filled_in_for_a_call_that_the_key_may_make(newcomer):
    page = read(newcomer, "/start/")
    key = shown_key(page)
    curl = re.search(r'<code id="sample-curl">(.*?)</code>', page, re.S)[1]
    assert f"Authorization: Bearer {key}" in curl
    assert "http://localhost:8080/library/v1/books" in curl
    for language in ("python", "javascript"):
        assert f"Bearer {key}" in re.search(rf'<code id="sample-{language}">(.*?)</code>', page, re.S)[1]


def test_without_a_plan_it_says_what_is_missing(client):
    sign_up(client)
    page = words(read(client, "/start/"))
    assert "has no test key" in page
    assert "No plan is given at sign-up here" in page


def test_a_key_without_the_scope_gets_no_line_that_would_be_refused(newcomer):
    Credential.objects.update(scopes=[])
    assert "This key may not call any list yet" in words(read(newcomer, "/start/"))


def test_somebody_without_an_application_is_led_to_make_one(newcomer):
    Application.objects.update(status="removed")
    assert "No application yet" in words(read(newcomer, "/start/"))


def test_calls_stand_there_with_what_mends_them_and_the_first_is_a_landmark(newcomer):
    operation = Operation.objects.get(anchor="list-books")
    make_calls(newcomer.application, operation, outcome="refused", status=403, problem="insufficient-scope")
    make_calls(newcomer.application, operation, masked=["$.email", "$.phone"])
    Application.objects.filter(pk=newcomer.application.pk).update(first_call_at=newcomer.application.created_at)
    page = read(newcomer, "/start/")
    assert page.count('class="first-call"') == 1
    assert "2 fields masked" in words(page)
    assert "Make a key with that scope" in words(page)
    assert "after 0 s" in words(page)


def test_hostile_paths_stay_text(newcomer):
    operation = Operation.objects.get(anchor="list-books")
    make_calls(newcomer.application, operation, path="/<script>alert(1)</script>", status=500)
    assert "<script>alert" not in read(newcomer, "/start/")


def test_the_page_makes_few_queries_whatever_the_data(newcomer):
    operation = Operation.objects.get(anchor="list-books")
    few = queries(newcomer, "/start/")
    make_calls(newcomer.application, operation, 60)
    assert queries(newcomer, "/start/") <= few + 1 <= 13


class Gateway(BaseHTTPRequestHandler):
    """Answers like a gateway, remembering what it was asked."""

    asked: list[tuple[str, str]] = []

    def do_GET(self):
        self.asked.append((self.path, self.headers["Authorization"]))
        body = b'{"id":1.10}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Request-Id", "01a1f929-0b44")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def gateway(monkeypatch):
    from contract.settings import settings

    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    Gateway.asked.clear()
    monkeypatch.setattr(settings(), "gateway_url", f"http://127.0.0.1:{server.server_port}")
    yield Gateway
    server.shutdown()
    thread.join()
    server.server_close()


def run(client, key, **headers):
    return client.post("/start/run/", {"key": key}, headers=headers)


def test_run_it_here_makes_the_call_with_that_key(newcomer, gateway):
    key = shown_key(read(newcomer, "/start/"))
    response = run(newcomer, key, HX_Request="true")
    page = response.content.decode()
    assert gateway.asked == [("/library/v1/books", f"Bearer {key}")]
    assert "200 OK" in page
    assert "1.10" in page
    assert "no-store" in response.headers["Cache-Control"]
    assert "<html" not in page


def test_without_javascript_running_it_leads_back_with_the_key_still_there(newcomer, gateway):
    key = shown_key(read(newcomer, "/start/"))
    response = run(newcomer, key)
    assert (response.status_code, response.headers["Location"]) == (303, "/start/#arrivals")
    assert shown_key(read(newcomer, "/start/")) == key
    assert shown_key(read(newcomer, "/start/")) == ""


@pytest.mark.parametrize("key", ["", "pc_test_nonsense", "x" * 5000, "<script>", "pc_test_\x00", "Bearer\r\nX: y"])
def test_what_is_no_key_of_ones_own_is_422_and_calls_nobody(newcomer, gateway, key):
    assert run(newcomer, key).status_code == 422
    assert run(newcomer, key, HX_Request="true").status_code == 422
    assert gateway.asked == []


def test_somebody_elses_key_is_not_run(newcomer, gateway, cast):
    assert run(newcomer, cast.strangers_key.secret).status_code == 422
    assert run(newcomer, cast.key.secret).status_code == 422
    assert gateway.asked == []


def test_a_gateway_that_does_not_answer_is_said_plainly(newcomer, monkeypatch):
    from contract.settings import settings

    monkeypatch.setattr(settings(), "gateway_url", "http://127.0.0.1:9")
    key = shown_key(read(newcomer, "/start/"))
    assert b"The gateway did not answer" in run(newcomer, key, HX_Request="true").content


def test_an_answer_is_laid_out_without_changing_a_number():
    assert indented('{"a":1.10,"b":123456789012345678901234567890}') == (
        '{\n  "a": 1.10,\n  "b": 123456789012345678901234567890\n}'
    )
    assert indented("<html>") == "<html>"
