"""What developers read of conditions: in the reference, with their keys and clients, and on a refused call's page."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from contract.records import Requirement, Window
from keys.models import Credential
from keys.writes import rename_key
from restrictions.models import Restriction
from restrictions.writes import lift_restriction
from tests.cast import Cast
from tests.factories import ACTOR, make_client, make_key
from tests.portal.pages.reading import queries, read, words
from tests.restrictions.making import log_call, make_record, make_restriction

DPOP = "a token bound to the caller's key (DPoP)"
HOURS = Requirement(windows=(Window((0, 1, 2, 3, 4), 480, 1080),), timezone="Europe/Berlin")
SHUT_IN = Requirement(networks=("198.51.100.0/24",))
VERSION = "/docs/library/v1/"


def require(requirement: Requirement, **axes: str) -> Restriction:
    return make_restriction(make_record("require", requirement=requirement, **axes), advice="Write to us")


@pytest.fixture
def posting(cast: Cast) -> str:
    """The page of the operation that asks for books:write."""
    return f"{VERSION}{cast.version.operations.get(method='POST').anchor}/"


def test_the_reference_says_what_calls_need_and_of_which_operations(cast: Cast, posting: str) -> None:
    made = require(Requirement(dpop=True), scope="books:write")
    hours = require(HOURS, api=cast.version.api.public_id)
    reading = f"{VERSION}{cast.version.operations.get(path='/books', method='GET').anchor}/"
    for client in (cast.owner.client, cast.stranger.client):
        page = words(read(client, posting))
        assert f"books:write needs: {DPOP} , until" in page
        assert f"Write to us Condition {made.reference}" in page
        assert "Monday to Friday 08:00–18:00 Europe/Berlin" in page
        assert "has it, but is no bound token" in page
        assert DPOP not in words(read(client, reading))
        assert hours.reference in words(read(client, reading))
    whole = words(read(cast.owner.client, VERSION))
    assert whole.count(f"books:write needs: {DPOP}") == 1
    assert whole.count("Monday to Friday") == 1
    for address in (f"{posting[:-1]}.md", f"{VERSION[:-1]}.md"):
        assert f"`books:write` needs:** {DPOP}" in read(cast.owner.client, address)
    lift_restriction(made, actor=ACTOR, reason="Over")
    assert made.reference not in read(cast.owner.client, posting)


def test_the_served_document_asks_for_what_the_condition_asks_for(cast: Cast) -> None:
    address = f"{VERSION}openapi.json"
    before = cast.owner.client.get(address)
    made = require(Requirement(dpop=True), scope="books:write")
    after = cast.owner.client.get(address, headers={"If-None-Match": before["ETag"]})
    document = json.loads(after.content)
    adding, listing = (document["paths"]["/books"][method] for method in ("post", "get"))
    assert adding["x-conditions"][0] | {"when": ""} == {
        "reference": made.reference, "needs": DPOP, "when": "", "advice": "Write to us",
    }  # fmt: skip
    assert adding["security"] == [{"dpop": ["books:write"]}]
    assert f"Needs: {DPOP}" in adding["description"]
    assert document["components"]["securitySchemes"]["dpop"]["scheme"] == "DPoP"
    assert "x-conditions" not in listing
    lift_restriction(made, actor=ACTOR, reason="Over")
    assert cast.owner.client.get(address).content == before.content


def test_others_conditions_and_networks_are_told_to_nobody(cast: Cast, posting: str) -> None:
    keys, theirs = (f"/apps/{one.public_id}/keys/" for one in (cast.application, cast.strangers_application))
    everybodys = require(SHUT_IN, api=cast.version.api.public_id)
    for path in (posting, VERSION, keys):
        page = read(cast.owner.client, path)
        assert everybodys.reference in page, path
        assert "a call from an allowed network" in page, path
        assert "198.51.100" not in page, path
    own = [
        require(SHUT_IN, organisation=cast.organisation.public_id),
        require(SHUT_IN, application=cast.application.public_id),
        require(SHUT_IN, credential=cast.key.credential.public_id),
    ]
    page = read(cast.owner.client, keys)
    assert all(one.reference in page for one in own)
    assert "198.51.100.0/24" in page
    for path in (posting, VERSION, theirs):
        page = read(cast.stranger.client, path)
        assert not any(one.reference in page for one in own), path
        assert "198.51.100" not in page, path


def test_keys_that_cannot_meet_a_condition_are_named_with_the_way_out(cast: Cast) -> None:
    rename_key(cast.key.credential, "Batch import", actor=ACTOR)
    reader = make_key(cast.application, "Reader key", scopes=["books:read"])
    client = make_client(cast.application, "Ward calendar").credential
    require(Requirement(dpop=True), scope="books:write")
    keys = f"/apps/{cast.application.public_id}/keys/"
    page = words(read(cast.owner.client, keys))
    assert f"books:write needs: {DPOP}" in page
    assert "Cannot: Batch import." in page
    assert "Reader key" in page
    assert "with an OAuth client that asks for bound tokens" in page
    assert "/oauth/new/?scopes=books%3Awrite" in read(cast.owner.client, keys)
    assert "This one cannot." not in words(read(cast.owner.client, f"/clients/{client.public_id}/"))
    assert "with a DPoP proof" in words(read(cast.owner.client, f"/clients/{client.public_id}/"))
    assert DPOP not in words(read(cast.owner.client, f"/keys/{reader.credential.public_id}/created/"))
    assert "This one cannot." in words(read(cast.owner.client, f"/keys/{cast.key.credential.public_id}/created/"))
    assert "Not met books:write" in words(read(cast.owner.client, f"{keys}new/?access-books=write"))
    assert "Not met" not in words(read(cast.owner.client, f"{keys}new/?access-books=read"))
    assert queries(cast.owner.client, keys) <= 12
    assert queries(cast.owner.client, f"{keys}new/?access-books=write") <= 12
    assert queries(cast.owner.client, f"/clients/{client.public_id}/") <= 12


def test_a_role_is_that_of_the_credentials_maker_now(cast: Cast) -> None:
    require(Requirement(roles=("owner",)), api=cast.version.api.public_id)
    keys = f"/apps/{cast.application.public_id}/keys/"
    Credential.objects.filter(pk=cast.key.credential.pk).update(created_by=cast.teammate.user)
    assert "Cannot: Key." in words(read(cast.owner.client, keys))
    Credential.objects.filter(pk=cast.key.credential.pk).update(created_by=cast.owner.user)
    page = words(read(cast.owner.client, keys))
    assert "a credential made by an Owner" in page
    assert "Cannot" not in page


def test_a_condition_on_what_no_plan_covers_is_told_to_nobody(cast: Cast) -> None:
    made = require(Requirement(dpop=True), plan=cast.plan.public_id, scope="books:write")
    cast.plan.versions.clear()
    assert made.reference not in read(cast.owner.client, f"/apps/{cast.application.public_id}/keys/")


@pytest.mark.parametrize("problem", ["condition-not-met", "sender-constraint-required"])
def test_a_refused_call_says_what_it_lacked_and_what_to_do(cast: Cast, problem: str) -> None:
    made = require(Requirement(dpop=True, roles=("owner",)), api=cast.version.api.public_id)
    values = {"outcome": "refused", "status": 403, "problem": problem, "restriction": made.reference}
    call = log_call(cast, timezone.now() - timedelta(seconds=1), **values)
    page = words(read(cast.owner.client, f"/logs/{call.request_id}/"))
    assert f"{made.reference} needs: {DPOP}; a credential made by an Owner. Write to us" in page
    assert f"All about {problem}" in page


def test_the_home_page_tells_of_a_condition_on_ones_own(cast: Cast) -> None:
    made = require(HOURS, application=cast.application.public_id)
    page = words(read(cast.owner.client, "/"))
    assert f"Reader is under a condition: {made.reference}" in page
