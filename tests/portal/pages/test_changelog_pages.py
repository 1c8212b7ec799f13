"""The changelog: written by staff, told to subscribers once, and to each reader only what their plan may know."""

import json
from typing import Any

import pytest
import yaml
from django.test import Client

from catalog.models import ChangelogEntry
from catalog.writes import import_document
from notices.models import Letter
from plans.writes import set_masks
from tests.cast import Cast, make_cast
from tests.factories import ACTOR, DOCUMENT, make_version
from tests.logged import make_call

pytestmark = pytest.mark.django_db
PAGE = "/docs/library/changelog/"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def library(*fields: str) -> str:
    """The document with an answer of these fields."""
    document: dict[str, Any] = yaml.safe_load(DOCUMENT)
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in fields}}
    answer = document["paths"]["/books"]["get"]["responses"]["200"]
    answer["content"] = {"application/json": {"schema": schema}}
    return json.dumps(document)


def changed(cast: Cast) -> ChangelogEntry:
    """An entry: two fields come, of which the plan of the cast removes one."""
    import_document(cast.version, library("title", "old"), actor=ACTOR)
    import_document(cast.version, library("title", "shelf", "buyer"), actor=ACTOR)
    set_masks(cast.plan, [{"path": "$.buyer", "action": "remove"}], actor=ACTOR)
    return ChangelogEntry.objects.latest("id")


def publish(cast: Cast, entry: ChangelogEntry, act: str = "publish") -> int:
    form = {"title": "Shelves", "text": "Books say **where** they stand.", "act": act}
    return cast.staff.client.post(f"/admin/apis/changelog/{entry.public_id}/", form).status_code


def page(client: Client, query: str = "") -> str:
    response = client.get(PAGE + query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_draft_is_proposed_from_the_changes_and_only_staff_see_it(cast: Cast) -> None:
    entry = changed(cast)
    drafted = cast.staff.client.get(f"/admin/apis/changelog/{entry.public_id}/").content.decode()
    assert "- **Breaking**: The field old is gone from the answer." in drafted
    assert publish(cast, entry, "save") == 303
    assert "Shelves" not in page(cast.owner.client)
    assert cast.owner.client.get(f"{PAGE}?entry={entry.public_id}").status_code == 404


def test_publishing_tells_owners_and_developers_of_subscribers_once(cast: Cast) -> None:
    entry = changed(cast)
    assert publish(cast, entry) == 303
    assert publish(cast, entry) == 422
    letters = Letter.objects.filter(kind="changelog")
    assert sorted(letters.values_list("to", flat=True)) == [cast.owner.user.email, cast.stranger.user.email]
    assert "Books say **where** they stand." in letters[0].body


def test_a_reader_sees_what_their_plan_is_served_and_what_of_their_own_calls_it_touches(cast: Cast) -> None:
    entry = changed(cast)
    make_call(cast)
    publish(cast, entry)
    shown = page(cast.owner.client, f"?entry={entry.public_id}")
    assert "<strong>where</strong>" in shown
    assert "The answer has a new field shelf." in shown
    assert "The field old is gone from the answer." in shown
    assert "buyer" not in shown
    assert "1 of your calls" in shown
    assert "your calls" not in page(cast.stranger.client)


def test_versions_are_compared_as_the_reader_is_served_them(cast: Cast) -> None:
    changed(cast)
    newer = make_version(name="v2")
    cast.plan.versions.add(newer)
    shown = page(cast.owner.client, "?from=v1&to=v2")
    assert "From v1 to v2" in shown
    assert "Answers of application/json are gone." in shown
    assert "buyer" not in shown


def test_what_one_may_not_know_of_is_not_there(cast: Cast) -> None:
    entry = changed(cast)
    publish(cast, entry)
    make_version(name="v9")
    for query in ("?from=v1&to=v9", "?from=v9&to=v1", "?entry=chg_0"):
        assert cast.owner.client.get(PAGE + query).status_code == 404
    cast.plan.versions.clear()
    assert cast.owner.client.get(PAGE).status_code == 404
    assert Client().get("/docs/library/changelog.atom").status_code == 404


def test_the_feed_has_the_published_entries(cast: Cast) -> None:
    entry = changed(cast)
    publish(cast, entry)
    response = cast.owner.client.get("/docs/library/changelog.atom")
    text = response.content.decode()
    assert response["Content-Type"].startswith("application/atom+xml")
    assert f"urn:portcullis:{entry.public_id}" in text
    assert "v1: Shelves" in text
