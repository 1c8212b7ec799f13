"""`/docs/…/try/`: an operation as a form, called through the gateway by the client of the documentation."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Role
from audit.models import Event
from catalog.writes import import_document
from contract.jws import base64url_decode
from contract.records import Restriction as Record
from contract.settings import settings
from keys.documentation import create_documentation_client, issue_for_documentation
from keys.models import AccessToken, Credential, Side
from keys.rotation import start_rotation
from keys.suspension import suspend_key
from keys.writes import revoke_key
from plans.writes import set_masks, set_plan
from portal.trying.brake import MOST_CALLS_A_MINUTE
from restrictions.writes import apply_restriction
from tests.factories import ACTOR, make_application, make_client, make_plan
from tests.portal.pages.answering import REQUEST_ID, answering_gateway
from tests.portal.pages.library import MASKS
from tests.portal.pages.reading import queries, read, words

pytestmark = pytest.mark.django_db
DOCUMENT = """
openapi: 3.1.0
info: {title: Library, version: "1"}
components:
  securitySchemes:
    library: {type: oauth2, flows: {clientCredentials: {tokenUrl: /t, scopes: {"books:read": "", "books:write": ""}}}}
  schemas:
    Book:
      type: object
      required: [title]
      properties: {title: {type: string}, author: {type: object, properties: {email: {type: string}}}}
paths:
  /books:
    get:
      operationId: listBooks
      summary: List books
      security: [{library: ["books:read"]}]
      parameters:
        - {name: limit, in: query, required: true, schema: {type: integer}, example: 3}
        - {name: kind, in: query, schema: {type: string, enum: [novel, essay]}}
        - {name: email, in: query, schema: {type: string}}
        - {name: "tags", in: query, schema: {type: array, items: {type: string}}}
        - {name: filter, in: query, style: deepObject, explode: true, schema: {type: object}}
        - {name: X-Trace, in: header, schema: {type: string}}
        - {name: Authorization, in: header, schema: {type: string}}
        - {name: Host, in: header, schema: {type: string}}
        - {name: session, in: cookie, schema: {type: string}}
      responses:
        "200":
          description: Books
          content: {application/json: {schema: {$ref: "#/components/schemas/Book"}}}
    post:
      operationId: addBook
      summary: Add a book
      security: [{library: ["books:write"]}]
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/Book"}, example: {title: Emma}}
          application/vnd.book+json: {schema: {$ref: "#/components/schemas/Book"}}
      responses: {"201": {description: Added}}
  /books/{book_id}:
    parameters: [{name: book_id, in: path, required: true, schema: {type: string}, example: bk_1}]
    get:
      operationId: readBook
      summary: Read a book
      security: [{library: ["books:read"]}]
      responses: {"200": {description: A book}}
    put:
      operationId: replaceCover
      summary: Replace a cover
      security: [{library: ["books:write"]}]
      requestBody: {content: {image/png: {}}}
      responses: {"204": {description: Replaced}}
"""
LIST, READ, ADD = (f"/docs/library/v1/{name}/try/" for name in ("list-books", "read-book", "add-book"))
BODY = '{"title": "Emma"}'


@pytest.fixture
def library(cast):
    """The cast's version with more to fill in."""
    import_document(cast.version, DOCUMENT, actor=ACTOR)
    return cast


@pytest.fixture
def gateway(monkeypatch):
    with answering_gateway() as (told, address):
        monkeypatch.setattr(settings(), "gateway_url", address)
        yield told


def field(page, label):
    """The name of the field with this label; `_` in it for `-`."""
    label = "X-Trace" if label == "X_Trace" else label
    found = re.search(rf'<label for="id_([^"]+)">{re.escape(label)}\b', page)
    assert found, label
    return found[1]


def send(client, address, swap=True, **values):
    """The form as it is shown, with some fields changed: by their labels."""
    page = read(client, address)
    named = {field(page, label): value for label, value in values.items()}
    shown = {"query-0": "3"} if address == LIST else {"path-0": "bk_1"}
    headers = {"HX-Request": "true"} if swap else {}
    return client.post(address, {**shown, **named}, headers=headers)


def write(client, address=ADD, **values):
    filled_in = {"content_type": "application/json", "body": BODY, "confirmed": "on", **values}
    return client.post(address, filled_in, headers={"HX-Request": "true"})


def token_of(gateway):
    """The one of the last call."""
    return gateway.asked[-1].headers["authorization"].removeprefix("Bearer ")


def text(response):
    return words(f"<main>{response.content.decode()}</main>")


def test_it_calls_with_a_token_that_lives_fifteen_minutes_and_that_the_browser_never_sees(library, gateway):
    response = send(library.owner.client, READ, book_id="bk 1/2"[:4])
    (asked,) = gateway.asked
    assert asked.target == "/library/v1/books/bk%201"
    token = token_of(gateway)
    claims = json.loads(base64url_decode(token.split(".")[1]))
    assert claims["exp"] - claims["iat"] == 900
    assert claims["scope"] == "books:read books:write"
    client = Credential.objects.get(is_documentation=True)
    assert (claims["client_id"], client.environment, client.client.grants) == (client.public_id, "test", [])
    page = response.content.decode()
    assert "200 OK" in text(response)
    assert token not in page
    assert REQUEST_ID in page
    assert "no-store" in response.headers["Cache-Control"]
    assert "<html" not in page
    assert not client.secrets.exists()


def test_the_token_is_taken_once_and_on_record_with_who_took_it(library, gateway):
    for _ in range(3):
        send(library.owner.client, READ)
    event = Event.objects.get(action="token.issued_for_documentation")
    assert event.actor_id == library.owner.user.public_id
    assert len({asked.headers["authorization"] for asked in gateway.asked}) == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=15), tick=True):
        send(library.owner.client, READ)
    assert AccessToken.objects.count() == 2
    assert len({asked.headers["authorization"] for asked in gateway.asked}) == 2


def test_without_javascript_the_answer_is_shown_once_and_loading_it_again_sends_nothing(library, gateway):
    response = send(library.owner.client, LIST, swap=False, limit="7")
    assert (response.status_code, response.headers["Location"]) == (303, f"{LIST}#answer")
    library.owner.client.head(LIST)
    page = read(library.owner.client, LIST)
    assert "200 OK" in words(page)
    assert 'value="7"' in page
    assert "1.10" in page
    assert "The answer will stand here" in words(read(library.owner.client, LIST))
    assert len(gateway.asked) == 1


def test_each_value_goes_where_the_document_says(library, gateway):
    sent = send(
        library.owner.client, LIST, kind="essay", email="a&b=c@d", tags="x y\né", filter='{"by": "Jane"}', X_Trace="t-1"
    )
    assert sent.status_code == 200
    (asked,) = gateway.asked
    assert asked.target == (
        "/library/v1/books?limit=3&kind=essay&email=a%26b%3Dc%40d&tags=x%20y&tags=%C3%A9&filter%5Bby%5D=Jane"
    )
    assert asked.headers["x-trace"] == "t-1"


def test_headers_that_are_not_the_callers_and_cookies_are_not_asked_for(library):
    page = read(library.owner.client, LIST)
    for name in ("Authorization", "Host", "session"):
        assert f">{name}" not in page


def test_what_could_be_another_path_or_header_is_an_error_at_its_field(library, gateway):
    owner = library.owner.client
    for value in ("..", ".", "a/b", "a\\b", "a;b", "a\x00b", "a\r\nX: y", "", "x" * 2001):
        response = owner.post(READ, {"path-0": value})
        assert response.status_code == 422, value
        assert 'id="id_path-0_error"' in response.content.decode(), value
    header = field(read(owner, LIST), "X-Trace")
    for value in ("é", " x", "a\nb", "a\r\nHost: elsewhere"):
        assert owner.post(LIST, {"query-0": "3", header: value}).status_code == 422, value
    assert gateway.asked == []


def test_a_body_that_is_no_json_is_an_error_with_its_place(library, gateway):
    bodies = {
        '{"title": "Emma",\n "x" 1}': "line 2, column 6",
        "": "required",
        '{"a": NaN}': "NaN",
        "[" * 50_000: "Nested too deeply",
        json.dumps("x" * 65_536): "64 KiB",
    }
    for body, why in bodies.items():
        response = write(library.owner.client, body=body)
        assert response.status_code == 422, body[:40]
        assert why in text(response), body[:40]
    assert gateway.asked == []


def test_a_write_is_sent_only_once_it_is_agreed_to_in_words_that_name_it(library, gateway):
    page = words(read(library.owner.client, ADD))
    assert "Send POST /books as Reader in test: it may change data of the test environment" in page
    assert write(library.owner.client, confirmed="").status_code == 422
    assert gateway.asked == []
    response = write(library.owner.client)
    assert (gateway.asked[0].method, gateway.asked[0].body) == ("POST", BODY.encode())
    assert gateway.asked[0].headers["content-type"] == "application/json"
    assert 'name="confirmed" required id="id_confirmed">' in response.content.decode()
    assert "-X POST" in text(response)


def test_live_needs_a_fresh_sign_in_and_every_call_is_agreed_to(library, gateway):
    live = f"{READ}?environment=live"
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert library.owner.client.get(live).headers["Location"].startswith("/reauthenticate/?next=")
        assert library.owner.client.post(live, {"path-0": "bk_1", "confirmed": "on"}).status_code == 303
        assert gateway.asked == []
    assert "real data" in words(read(library.owner.client, live))
    assert library.owner.client.post(live, {"path-0": "bk_1"}).status_code == 422
    assert library.owner.client.post(live, {"path-0": "bk_1", "confirmed": "on"}).status_code == 303
    assert Credential.objects.get(is_documentation=True).environment == "live"
    assert len(gateway.asked) == 1


def test_errors_that_the_gateway_finds_stand_at_their_fields(library, gateway):
    errors = [
        {"in": "body", "pointer": "/author/email", "message": "Must be an e-mail address."},
        {"in": "query", "name": "unknown", "message": "<b>May not be sent.</b>"},
    ]
    problem = {"type": f"{settings().portal_base}/problems/invalid/", "status": 422, "errors": errors}
    gateway.answer(422, json.dumps(problem).encode(), Content_Type="application/problem+json")
    response = write(library.owner.client, body='{\n "title": "x",\n "author": {\n  "email": 1}}')
    page = response.content.decode()
    assert "Line 4, /author/email: Must be an e-mail address." in page
    assert page.index('id="id_body_error"') < page.index("Must be an e-mail address.")
    assert "&lt;b&gt;May not be sent." in page
    assert "What was found stands at the fields" in text(response)


def test_whatever_the_answer_is_the_page_stays_a_page(library, gateway):
    answers = [
        (b"\x89PNG\r\n\x00", "image/png", "is not shown"),
        (b"\xff\xfe", "text/plain", "is not shown"),
        (b"", "application/json", "no body"),
        (b'{"x": "<script>alert(1)</script>"}', "application/json", "<script>"),
        (b'"' + b"x" * 70_000 + b'"', "application/json", "Cut: here are at most 64 KiB"),
        (b"[" * 60_000, "application/json", "[[["),
        (b'{"type": []}', "application/problem+json", "type"),
        (b"a\x00\x1b[31mb", "text/plain", "a\ufffd\ufffd[31mb"),
    ]
    for body, kind, says in answers:
        gateway.answer(200, body, Content_Type=kind)
        response = library.owner.client.post(READ, {"path-0": "bk_1"}, headers={"HX-Request": "true"})
        assert says in text(response), body[:40]
        assert "<script>alert" not in response.content.decode()


def test_an_answer_that_breaks_off_is_shown_as_far_as_it_came(library, gateway):
    gateway.answer(200, b'{"id": 1', Content_Type="application/json", Content_Length="999", Connection="close")
    assert "Cut: here are at most 64 KiB" in text(send(library.owner.client, READ))


def test_a_redirect_is_shown_and_not_followed(library, gateway):
    gateway.answer(302, b"", Location="http://127.0.0.1:9/elsewhere", X_Request_Id="../<b>")
    page = send(library.owner.client, READ)
    assert "302 Found" in text(page)
    assert "<b>" not in page.content.decode().partition("headers")[0]
    assert len(gateway.asked) == 1


def test_a_gateway_that_does_not_answer_is_said_plainly(library, monkeypatch):
    monkeypatch.setattr(settings(), "gateway_url", "http://127.0.0.1:9")
    assert "No answer came" in text(send(library.owner.client, READ))


def test_masked_values_are_marked_and_refused_parameters_cannot_be_filled_in(library, gateway):
    masks = [{"path": "$.author.email", "action": "redact", "parameters": ["email"]}]
    set_masks(library.plan, masks, actor=ACTOR)
    gateway.answer(
        200, b'{"title": "x", "author": {"email": "[redacted]"}, "n": 1.10}', Content_Type="application/json"
    )
    page = read(library.owner.client, LIST)
    assert "Refused on Starter" in words(page)
    response = send(library.owner.client, LIST, email="a@b.c")
    assert "email" not in gateway.asked[0].target
    assert '<span class="masked">&quot;[redacted]&quot;</span>' in response.content.decode()
    assert "1 field masked on Starter" in text(response)
    assert "1.10" in text(response)


def test_revoking_the_client_ends_trying_and_the_page_brings_it_back(library, gateway):
    send(library.owner.client, READ)
    revoke_key(Credential.objects.get(is_documentation=True), actor=ACTOR)
    assert "Trying has ended" in words(read(library.owner.client, READ))
    assert library.owner.client.post(READ, {"path-0": "bk_1"}).status_code == 409
    assert library.owner.client.post(READ, {"allow": "yes"}).status_code == 303
    assert library.owner.client.post(READ, {"allow": "yes", "path-0": ""}).status_code == 422
    send(library.owner.client, READ)
    assert len({asked.headers["authorization"] for asked in gateway.asked}) == 2
    assert Credential.objects.filter(is_documentation=True).count() == 2


def test_the_client_is_one_even_where_two_first_calls_meet(library, gateway, monkeypatch):
    made = create_documentation_client(library.application, "test", actor=ACTOR)
    monkeypatch.setattr("portal.trying.desk.documentation_client", lambda *_: None)
    assert "200 OK" in text(send(library.owner.client, READ))
    assert made.public_id in json.loads(base64url_decode(token_of(gateway).split(".")[1]))["client_id"]
    assert Credential.objects.filter(is_documentation=True).count() == 1


def test_nobody_else_gets_tokens_for_the_client(library, client):
    made = create_documentation_client(library.application, "test", actor=ACTOR)
    for secret in ("", "pcs_test_guessed"):
        asked = {"grant_type": "client_credentials", "client_id": made.public_id, "client_secret": secret}
        assert client.post("/oauth/token/", asked).status_code == 401
    page = words(read(library.owner.client, f"/clients/{made.public_id}/"))
    assert "only the portal calls with it" in page
    assert "Rotate" not in page
    assert library.owner.client.get(f"/keys/{made.public_id}/rotate/").status_code == 303
    with pytest.raises(ValidationError):
        start_rotation(made, actor=ACTOR, overlap=timedelta(0))
    with pytest.raises(ValidationError):
        issue_for_documentation(make_client(library.application).credential, library.version.api, actor=ACTOR)


def test_the_token_stands_nowhere_but_in_the_sealed_session(library, gateway, capfd):
    send(library.owner.client, READ, swap=False)
    read(library.owner.client, READ)
    token = token_of(gateway)
    signature = token.rpartition(".")[2]
    assert signature in json.dumps(library.owner.client.session["tokens to try with"])
    tables = connection.introspection.table_names()
    models = [model for model in apps.get_models() if model._meta.db_table in tables]
    kept = [str(row) for model in models for row in model._base_manager.values()]
    assert len(kept) > 50
    assert [row for row in kept if signature in row] == []
    assert signature not in "".join(capfd.readouterr())


def test_what_else_stands_in_the_way_is_said_and_nothing_is_called(library, gateway):
    owner = library.owner
    client = create_documentation_client(library.application, "test", actor=ACTOR)
    suspend_key(client, Side.TEAM, actor=ACTOR)
    assert "Trying is suspended" in words(read(owner.client, READ))
    Credential.objects.update(status="active", scopes=[])
    assert "lacks books:read" in words(read(owner.client, READ))
    assert "This operation takes no JSON" in words(read(owner.client, "/docs/library/v1/replace-cover/try/"))
    set_plan(library.plan.slug, actor=ACTOR, scopes=["books:read"])
    assert read(owner.client, "/docs/library/v1/", status=200)
    restriction = apply_restriction(
        Record("", "block", "", user=owner.user.public_id), actor=ACTOR, reason="Odd", advice="Ask us."
    )
    assert restriction.reference in words(read(owner.client, READ))
    assert owner.client.post(READ, {"path-0": "bk_1"}).status_code == 409
    assert gateway.asked == []


def test_only_who_may_use_credentials_may_call(library, gateway):
    assert "Only an Owner or a Developer" in words(read(library.teammate.client, READ))
    assert library.teammate.client.post(READ, {"path-0": "x"}).status_code == 403
    theirs = f"{READ}?application={library.strangers_application.public_id}"
    read(library.owner.client, theirs, status=404)
    assert library.owner.client.post(theirs, {"path-0": "x"}).status_code == 404
    read(library.owner.client, f"{READ}?environment=space", status=404)
    assert "Sign up to try it" in words(read(Client(), READ))
    assert Client().post(READ).headers["Location"].startswith("/login/")
    assert gateway.asked == []


def test_a_form_from_elsewhere_calls_nobody(library, gateway):
    elsewhere = Client(enforce_csrf_checks=True)
    elsewhere.force_login(library.owner.user)
    assert elsewhere.post(READ, {"path-0": "bk_1"}).status_code == 403
    assert gateway.asked == []


def test_a_smaller_role_ends_it_at_once(library, gateway):
    send(library.owner.client, READ)
    Membership.objects.filter(user=library.owner.user).update(role=Role.VIEWER)
    assert library.owner.client.post(READ, {"path-0": "x"}).status_code == 403
    assert len(gateway.asked) == 1


def test_signing_out_takes_the_token_away(library, gateway):
    send(library.owner.client, READ)
    library.owner.client.logout()
    library.owner.client.force_login(library.owner.user)
    send(library.owner.client, READ)
    assert len({asked.headers["authorization"] for asked in gateway.asked}) == 2


def test_one_person_calls_so_often_in_a_minute_and_no_more(library, gateway, monkeypatch):
    monkeypatch.setattr("portal.trying.brake.MOST_CALLS_A_MINUTE", 2)
    with time_machine.travel(timezone.now().replace(second=5), tick=False):
        assert [library.owner.client.post(READ, {"path-0": "x"}).status_code for _ in range(3)] == [303, 303, 429]
    assert len(gateway.asked) == 2
    assert MOST_CALLS_A_MINUTE == 30


def test_the_reference_says_which_parameters_a_plan_refuses_and_which_takes_them(library):
    set_masks(library.plan, [{**MASKS[0], "parameters": ["email"]}], actor=ACTOR)
    make_plan("pro", library.version, position=9)
    said = "Refused on Starter, taken from Pro"
    for address in ("/docs/library/v1/list-books/", "/docs/library/v1/list-books/?plan=starter", LIST):
        assert words(read(library.owner.client, address)).count(said) == 1
    assert said not in words(read(library.owner.client, "/docs/library/v1/list-books/?plan=pro"))
    assert said.lower() in read(library.owner.client, "/docs/library/v1/list-books.md")


def test_the_page_makes_few_queries_whatever_the_data(library):
    set_masks(library.plan, [{**MASKS[0], "parameters": ["email"]}], actor=ACTOR)
    few = queries(library.owner.client, LIST)
    for number in range(3):
        make_application(library.organisation, library.plan, library.version.api, f"App {number}")
    assert queries(library.owner.client, LIST) <= few <= 12
