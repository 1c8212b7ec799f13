"""Restricting on the staff side: from anywhere to a filled-in choice, looked at, applied, undone."""

import json
import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from contract.records import Throttle
from restrictions.models import Restriction
from restrictions.records import record_of
from restrictions.writes import lift_restriction
from tests.cast import Cast, sign_in
from tests.factories import ACTOR, make_person
from tests.restrictions.making import log_call, make_record
from tests.restrictions.making import make_restriction as make
from tests.staff.making import make_mask, make_restriction

NEW = "/admin/restrictions/new/"


def link_on(client: Client, path: str) -> str:
    """The first link to a new restriction on a page."""
    found = re.findall(rf'href="({NEW}\?[^"]+)"', client.get(path).content.decode())
    assert found, path
    return unescape(found[0])


def apply_on(client: Client, address: str, **values: str) -> tuple[int, str]:
    """Send the page's own form; answers status and where it leads."""
    form = client.get(address).context["form"]
    given = {"reason": "Reads in the order of ids", "until": "24h", "submission": form.initial["submission"]}
    response = client.post(address, given | values)
    return response.status_code, response.get("Location", "")


def test_from_anywhere_one_click_shows_a_filled_in_restriction_with_its_blast_radius(cast: Cast, staff: Client) -> None:
    call = log_call(cast, timezone.now() - timedelta(minutes=1))
    make_mask(cast.plan)
    version = cast.version
    expected = {
        f"/admin/calls/{call.request_id}/": {"credential": call.credential, "operation": call.operation},
        f"/admin/keys/{call.credential}/": {"credential": call.credential},
        f"/admin/consumers/applications/{call.application}/": {"application": call.application},
        f"/admin/consumers/{call.organisation}/": {"organisation": call.organisation},
        f"/admin/plans/{call.plan}/": {"plan": call.plan},
        f"/admin/apis/versions/{version.public_id}/": {"version": version.public_id},
        f"/admin/apis/{version.api.public_id}/": {"api": version.api.public_id},
    }
    for path, axes in expected.items():
        page = staff.get(link_on(staff, path))
        assert page.context["asked"].record == make_record(**axes), path
        assert ("Calls in 24 hours", "1", "") in page.context["figures"], path
        assert call.request_id in page.content.decode(), path


def test_a_row_of_an_operation_or_a_field_leads_to_it(cast: Cast, staff: Client) -> None:
    operation = cast.version.operations.get(method="POST").public_id
    make_mask(cast.plan, "$.isbn", operation=cast.version.operations.get(method="POST"))
    log_call(cast, timezone.now(), operation=operation)
    version_page = staff.get(f"/admin/apis/versions/{cast.version.public_id}/").content.decode()
    assert f"{NEW}?operation={operation}" in version_page
    plan_page = staff.get(f"/admin/plans/{cast.plan.public_id}/").content.decode()
    address = unescape(re.findall(rf'href="({NEW}\?how=mask[^"]+)"', plan_page)[0])
    record = staff.get(address).context["asked"].record
    assert (record.how, record.operation, record.masks[0].path) == ("mask", operation, "$.isbn")


def test_looking_writes_nothing_and_applying_applies_what_was_shown(cast: Cast, staff: Client) -> None:
    address = f"{NEW}?application={cast.application.public_id}&how=throttle&amount=5&period_seconds=60"
    page = staff.get(address).content.decode()
    assert "Throttle Reader to 5 calls a minute" in page
    assert not Restriction.objects.exists()
    status, to = apply_on(staff, address, advice="Write to us", until="lifted")
    made = Restriction.objects.get()
    assert (status, to) == (303, f"/admin/restrictions/{made.public_id}/")
    assert (made.application, made.ends_at, made.advice) == (cast.application.public_id, None, "Write to us")
    assert record_of(made).throttle == Throttle(5, 60)
    event = Event.objects.get(action="restriction.applied")
    assert (event.actor_id, event.reason) == (cast.staff.user.public_id, "Reads in the order of ids")
    assert event.request_id


def test_a_form_sent_twice_applies_once(cast: Cast, staff: Client) -> None:
    address = f"{NEW}?scope=books:read&how=block"
    places = {apply_on(staff, address, submission="same") for _ in range(2)}
    assert len(places) == 1
    assert Restriction.objects.count() == 1


def test_everyone_must_be_typed(cast: Cast, staff: Client) -> None:
    address = f"{NEW}?how=block"
    assert apply_on(staff, address)[0] == 422
    assert apply_on(staff, address, confirm="yes")[0] == 422
    assert not Restriction.objects.exists()
    assert apply_on(staff, address, confirm="everyone")[0] == 303


@pytest.mark.parametrize(
    "query",
    [
        "how=burn",
        "key=key_none",
        "key=%22%3E",
        "network=here",
        "scope=books:burn",
        "plan=pln_none&how=block",
        "how=throttle&amount=x&api={api}",
        "how=throttle&amount=0&api={api}",
        "how=mask&field=email&api={api}",
        "how=mask&field=$.a&action=partial&api={api}",
        "key={key}&application={theirs}",
        "add=what+is+this",
        f"organisation={'x' * 500}",
    ],
)
def test_a_choice_that_cannot_work_is_explained_and_never_applied(cast: Cast, staff: Client, query: str) -> None:
    names = {"api": cast.version.api.public_id, "key": cast.key.credential.public_id}
    address = f"{NEW}?" + query.format(theirs=cast.strangers_application.public_id, **names)
    response = staff.get(address)
    assert response.status_code == 422
    assert "This choice does not work." in response.content.decode()
    assert staff.post(address, {"reason": "x", "until": "24h", "submission": "s"}).status_code == 422
    assert not Restriction.objects.exists()
    if "add=" not in query:
        assert staff.get(address.replace("/new/", "/replay.ndjson")).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"reason": "x" * 501},
        {"until": "at"},
        {"until": "at", "ends_at": "2020-01-01T00:00:00"},
        {"until": "1h", "ends_at": "2099-01-01T00:00:00"},
        {"until": "soon"},
        {"advice": "x" * 301},
        {"starts_at": "2099-01-01T00:00:00"},
        {"submission": ""},
    ],
)
def test_it_rejects_no_reason_and_ends_that_make_no_sense(cast: Cast, staff: Client, wrong: dict[str, str]) -> None:
    address = f"{NEW}?plan={cast.plan.public_id}&how=block"
    assert apply_on(staff, address, **wrong)[0] == 422
    assert not Restriction.objects.exists()


@pytest.mark.parametrize("kind", ["organisation", "application", "key", "version", "stub", "scope", "network"])
def test_what_somebody_has_at_hand_is_understood(cast: Cast, staff: Client, kind: str) -> None:
    credential = cast.key.credential
    typed = {
        "organisation": (cast.organisation.public_id, f"organisation={cast.organisation.public_id}"),
        "application": (cast.application.public_id, f"application={cast.application.public_id}"),
        "key": (credential.public_id, f"key={credential.public_id}"),
        "version": (cast.version.public_id, f"version={cast.version.public_id}"),
        "stub": (str(credential.secrets.get()).replace("…", "..."), f"key={credential.public_id}"),
        "scope": ("books:read", "scope=books%3Aread"),
        "network": ("203.0.113.24/24", "network=203.0.113.0%2F24"),
    }
    text, parameter = typed[kind]
    response = staff.get(f"{NEW}?{urlencode({'add': text, 'how': 'mask'})}")
    assert response.status_code == 302
    assert parameter in response["Location"].partition("?")[2].split("&")
    assert staff.get(response["Location"]).status_code == 200


def test_narrower_choices_are_links_that_fill_the_form(cast: Cast, staff: Client) -> None:
    log_call(cast, timezone.now())
    page = staff.get(f"{NEW}?organisation={cast.organisation.public_id}&how=block")
    rows = page.context["choices"]["rows"]
    assert [row["name"] for row in rows] == [
        "This choice",
        "Only application Reader",
        "Only the key Key",
        "Only GET /books",
        "Only the key Key on GET /books",
        "Only from 203.0.113.0/24",
        "Throttle to 1 call a second instead",
    ]
    narrowed = staff.get(rows[4]["url"]).context["asked"]
    assert narrowed.record.credential == cast.key.credential.public_id
    assert narrowed.known["organisation"].id == cast.organisation.public_id


def test_a_mask_offers_the_documented_fields_and_waits_for_a_choice(cast: Cast, staff: Client) -> None:
    operation = cast.version.operations.get(path="/books", method="GET").public_id
    page = staff.get(f"{NEW}?operation={operation}&how=mask")
    assert page.status_code == 200
    assert "figures" not in page.context
    typed = staff.get(f"{NEW}?operation={operation}&how=mask&field=$.a%0A$.b&field=$.a&action=truncate&keep=3")
    masks = typed.context["asked"].record.masks
    assert [(mask.path, mask.action, mask.keep) for mask in masks] == [("$.a", "truncate", 3), ("$.b", "truncate", 3)]


def test_the_download_holds_the_calls_that_would_have_differed(cast: Cast, staff: Client) -> None:
    met = log_call(cast, timezone.now())
    log_call(cast, timezone.now(), credential="key_other")
    page = staff.get(f"{NEW}?key={met.credential}&how=block")
    lines = b"".join(staff.get(page.context["export_url"]).streaming_content).splitlines()
    assert [json.loads(line)["request_id"] for line in lines] == [met.request_id]


def test_a_page_asks_few_questions_whatever_is_chosen(cast: Cast, staff: Client) -> None:
    call = log_call(cast, timezone.now())
    for query in (
        f"organisation={call.organisation}",
        f"key={call.credential}&operation={call.operation}",
        f"key={call.credential}&operation={call.operation}&how=throttle&amount=1",
        f"plan={call.plan}&api={call.api}",
        f"key={call.credential}&operation={call.operation}&how=mask&field=$.email",
    ):
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(f"{NEW}?{query}").status_code == 200
        assert len(captured) <= 12, (query, "\n".join(each["sql"][:90] for each in captured))


def test_undo_brings_back_what_was_and_says_so(cast: Cast, staff: Client) -> None:
    made = make_restriction(cast)
    path = f"/admin/restrictions/{made.public_id}/"
    act = staff.get(path).context["undoable"].public_id
    assert staff.post(f"{path}undo/", {"act": act}).status_code == 303
    made.refresh_from_db()
    assert made.state == "lifted"
    again = staff.get(path).context["undoable"].public_id
    staff.post(f"{path}undo/", {"act": again})
    made.refresh_from_db()
    assert made.state == "active"


def test_an_undo_of_what_was_changed_since_changes_nothing(cast: Cast, staff: Client) -> None:
    made = make_restriction(cast)
    path = f"/admin/restrictions/{made.public_id}/"
    act = staff.get(path).context["undoable"].public_id
    lift_restriction(made, actor=ACTOR, reason="Elsewhere")
    page = staff.post(f"{path}undo/", {"act": act}, follow=True).content.decode()
    assert "Something was done to it since." in page
    made.refresh_from_db()
    assert made.lift_reason == "Elsewhere"


def test_it_is_lifted_and_shortened_with_a_reason(cast: Cast, staff: Client) -> None:
    made = make_restriction(cast)
    path = f"/admin/restrictions/{made.public_id}/"
    assert staff.post(f"{path}end/", {"until": "1h", "reason": "Short"}).status_code == 303
    made.refresh_from_db()
    assert made.ends_at is not None
    assert staff.post(f"{path}lift/", {"reason": ""}).status_code == 422
    assert staff.post(f"{path}lift/", {"reason": "Done"}).status_code == 303
    assert staff.post(f"{path}lift/", {"reason": "Twice"}).status_code == 422
    page = staff.get(path).content.decode()
    assert "Lifted" in page
    assert "Done" in page
    assert "Twice" not in page


def test_the_list_is_filtered_by_state_axis_and_words(cast: Cast, staff: Client) -> None:
    mine = make_restriction(cast)
    masked = make(make_record("throttle", api=cast.version.api.public_id, throttle=Throttle(1, 1)))
    lift_restriction(masked, actor=ACTOR, reason="Done")
    for query, shown in {
        "": {mine, masked},
        "state=active": {mine},
        "state=lifted": {masked},
        "state=ended": set(),
        "how=throttle": {masked},
        "axis=credential": {mine},
        "axis=networks": set(),
        f"q={masked.reference.lower()}": {masked},
        f"q={mine.credential}": {mine},
        "q=%22&state=x&how=%00x&axis=pk": set(),
    }.items():
        response = staff.get(f"/admin/restrictions/?{query}")
        assert response.status_code in (200, 404), query
        if response.status_code == 200:
            assert {row for row, _, _ in response.context["rows"]} == shown, query


def test_who_may_only_look_cannot_act(cast: Cast) -> None:
    made = make_restriction(cast)
    reader = make_person("reader@portcullis.example", is_staff=True)
    names = ("access_admin", "view_restriction", "view_call")
    reader.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = sign_in(reader, with_code=True).client
    page = client.get(f"/admin/restrictions/{made.public_id}/").content.decode()
    assert "Undo" not in page
    assert "/lift/" not in page
    for path in (NEW, f"/admin/restrictions/{made.public_id}/lift/", "/admin/restrictions/replay.ndjson"):
        assert client.get(path).status_code == 403, path
    assert client.post(f"/admin/restrictions/{made.public_id}/undo/", {"act": "x"}).status_code == 403
    call = log_call(cast, timezone.now())
    assert NEW not in client.get(f"/admin/calls/{call.request_id}/").content.decode()
