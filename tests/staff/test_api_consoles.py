"""APIs and their versions: made, changed, imported, given a credential."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from audit.models import Event, PersonalText
from catalog.models import Api, Import, Version
from catalog.writes import import_document
from contract.sealed import open_headers
from contract.settings import settings
from tests.cast import Cast
from tests.factories import ACTOR, DOCUMENT

WITHOUT_SECURITY = """
openapi: 3.2.0
info: {title: Press, version: "1"}
paths:
  /v1/magazines:
    get: {responses: {"200": {description: Magazines}}}
    post: {responses: {"201": {description: Added}}}
"""
VERSION_FIELDS = {"state": "live", "upstream_url": "http://upstream.internal:9000/v9"}


def _check(staff: Client, version: Version, **given: Any) -> tuple[int, str]:
    """Status and where it leads, or the page that says why not."""
    response = staff.post(f"/admin/apis/versions/{version.public_id}/import/", given)
    return response.status_code, response.headers.get("Location") or response.content.decode()


def test_an_api_is_added_with_its_address_and_its_event(cast: Cast, staff: Client) -> None:
    response = staff.post(
        "/admin/apis/new/", {"title": "Museum", "slug": "museum", "unmatched": "refuse", "validation": "enforce"}
    )
    made = Api.objects.get(slug="museum")
    assert response.status_code == 303
    assert response["Location"] == f"/admin/apis/{made.public_id}/"
    event = Event.objects.get(action="api.created", object_id=made.public_id)
    assert event.actor_id == cast.staff.user.public_id
    assert event.request_id


@pytest.mark.parametrize("slug", ["library", "Healthz!", "healthz", "a/b", "", "x" * 65, "..", "é"])
def test_it_rejects_an_address_that_is_taken_or_cannot_be_one(cast: Cast, staff: Client, slug: str) -> None:
    before = list(Api.objects.values())
    response = staff.post(
        "/admin/apis/new/", {"title": "Museum", "slug": slug, "unmatched": "refuse", "validation": "enforce"}
    )
    assert response.status_code == 422
    assert list(Api.objects.values()) == before


def test_the_address_of_an_api_cannot_be_changed(cast: Cast, staff: Client) -> None:
    api = cast.version.api
    data = {"title": "Other", "slug": "other", "owner": "Ada", "unmatched": "shadow", "validation": "report"}
    assert staff.post(f"/admin/apis/{api.public_id}/edit/", data).status_code == 303
    api.refresh_from_db()
    assert (api.slug, api.title, api.unmatched, api.validation) == ("library", "Other", "shadow", "report")


def test_a_version_is_added_as_it_was_typed(cast: Cast, staff: Client) -> None:
    path = f"/admin/apis/{cast.version.api.public_id}/versions/new/"
    data = {**VERSION_FIELDS, "name": "v9", "sunset_at": "2031-01-31T12:00:00"}
    assert staff.post(path, data).status_code == 303
    made = Version.objects.get(name="v9")
    assert made.state == "live"
    assert made.sunset_at is not None
    assert made.sunset_at.isoformat() == "2031-01-31T12:00:00+00:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "v1"},
        {"name": "a b"},
        {"state": "melted"},
        {"upstream_url": "ftp://x/"},
        {"upstream_url": "http://user:secret@host/"},
        {"sunset_at": "yesterday"},
        {"deprecated_at": "2031-02-01T00:00", "sunset_at": "2031-01-01T00:00"},
        {"successor": "4242"},
    ],
)
def test_it_rejects_a_version_that_could_not_work(cast: Cast, staff: Client, wrong: dict[str, str]) -> None:
    path = f"/admin/apis/{cast.version.api.public_id}/versions/new/"
    assert staff.post(path, {"name": "v9", **VERSION_FIELDS, **wrong}).status_code == 422
    assert Version.objects.count() == 1


def test_a_version_changes_only_in_what_was_changed(cast: Cast, staff: Client) -> None:
    version = cast.version
    data = {"upstream_url": "http://upstream.internal/v2", "test_upstream_url": version.test_upstream_url}
    path = f"/admin/apis/versions/{version.public_id}/edit/"
    assert staff.post(path, data).status_code == 303
    event = Event.objects.filter(action="version.changed").latest("id")
    assert event.changes == {"upstream_url": [version.upstream_url, "http://upstream.internal/v2"]}


def test_an_import_shows_first_what_comes_and_goes(cast: Cast, staff: Client) -> None:
    without_post = DOCUMENT.replace("    post:", "    put:").replace("addBook", "putBook")
    status, to = _check(staff, cast.version, document=without_post)
    page = staff.get(to).content.decode()
    assert status == 303
    assert "POST /books is gone" in page
    assert "PUT /books is new" in page
    assert cast.version.operations.filter(method="POST").exists()
    assert staff.post(to, {"act": "apply"}).status_code == 303
    assert not cast.version.operations.filter(method="POST").exists()
    assert "Imported." in staff.get(to).content.decode()


def test_an_import_may_be_discarded_and_then_not_applied(cast: Cast, staff: Client) -> None:
    _, to = _check(staff, cast.version, document=DOCUMENT.replace("readBook", "showBook"))
    assert staff.post(to, {"act": "discard"}).status_code == 303
    assert staff.post(to, {"act": "apply"}).status_code == 422
    assert not cast.version.operations.filter(anchor="show-book").exists()


def test_what_was_shown_is_what_is_applied_or_nothing_is(cast: Cast, staff: Client) -> None:
    _, to = _check(staff, cast.version, document=DOCUMENT.replace("readBook", "showBook"))
    import_document(cast.version, DOCUMENT.replace("readBook", "otherBook"), actor=ACTOR)
    response = staff.post(to, {"act": "apply"})
    assert response.status_code == 422
    assert "imported another document meanwhile" in response.content.decode()
    assert cast.version.operations.filter(anchor="other-book").exists()


def test_scopes_are_proposed_where_the_document_says_none_and_may_be_changed(cast: Cast, staff: Client) -> None:
    _, to = _check(staff, cast.version, document=WITHOUT_SECURITY)
    page = staff.get(to).content.decode()
    assert "magazines:read" in page
    assert "magazines:write" in page
    assert staff.post(to, {"act": "apply", "scope-0": "bad scope", "scope-1": ""}).status_code == 422
    assert staff.post(to, {"act": "apply", "scope-0": "press:read", "scope-1": ""}).status_code == 303
    assert set(cast.version.operations.values_list("method", "scope")) == {("GET", "press:read"), ("POST", "")}
    import_document(cast.version, WITHOUT_SECURITY, actor=ACTOR)
    assert cast.version.operations.get(method="GET").scope == "press:read"


def test_an_import_takes_a_file(cast: Cast, staff: Client) -> None:
    file = SimpleUploadedFile("library.yaml", DOCUMENT.replace("readBook", "showBook").encode())
    path = f"/admin/apis/versions/{cast.version.public_id}/import/"
    to = staff.post(path, {"file": file})["Location"]
    assert "library.yaml" in staff.get(to).content.decode()
    assert staff.post(to, {"act": "apply"}).status_code == 303
    assert cast.version.operations.filter(anchor="show-book").exists()


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("openapi: 3.1.0\ninfo: [\n", "Line"),
        ("just text", "not an object"),
        ('{"swagger": "2.0"}', "Swagger 2.0"),
        (DOCUMENT.replace("3.1.0", "9.9"), "3.0, 3.1 and 3.2 are read"),
        (DOCUMENT.replace("readBook", "listBooks"), "listBooks"),
        (DOCUMENT + "\nx: {$ref: 'http://evil.example/x'}", "not local"),
        ("", "paste the document"),
        ("[" * 100_000, ""),
    ],
)
def test_it_rejects_a_document_and_imports_nothing_of_it(cast: Cast, staff: Client, document: str, says: str) -> None:
    before = list(cast.version.operations.values())
    status, page = _check(staff, cast.version, document=document)
    assert status == 422
    assert says in page
    assert not Import.objects.exists()
    assert list(cast.version.operations.values()) == before


def test_it_rejects_a_file_that_is_no_text(cast: Cast, staff: Client) -> None:
    path = f"/admin/apis/versions/{cast.version.public_id}/import/"
    for content in (b"\xff\xfe\x00\x01", b"\x00" * 100, b"\x1f\x8b\x08\x00"):
        response = staff.post(path, {"file": SimpleUploadedFile("x.yaml", content)})
        assert response.status_code == 422


def test_the_upstream_credential_is_sealed_and_never_shown(cast: Cast, staff: Client) -> None:
    path = f"/admin/apis/versions/{cast.version.public_id}/credential/"
    assert staff.post(path, {"upstream_headers": "X-Canary: canary-secret\nX-Two: 2"}).status_code == 303
    cast.version.refresh_from_db()
    opened = open_headers(cast.version.upstream_headers, settings().secret_bytes("storage_key"))
    assert opened == {"X-Canary": "canary-secret", "X-Two": "2"}
    recorded = [*Event.objects.values_list("changes", flat=True), *PersonalText.objects.values_list("text", flat=True)]
    assert "canary-secret" not in json.dumps(recorded)
    for page in (path, f"/admin/apis/versions/{cast.version.public_id}/", "/admin/"):
        assert "canary-secret" not in staff.get(page).content.decode()


@pytest.mark.parametrize(
    "typed", ["canary-secret", "X Canary: canary-secret", "Host: canary-secret", "X: canary\x01secret"]
)
def test_a_wrong_credential_is_refused_without_being_repeated(cast: Cast, staff: Client, typed: str) -> None:
    path = f"/admin/apis/versions/{cast.version.public_id}/credential/"
    response = staff.post(path, {"upstream_headers": typed})
    assert response.status_code == 422
    assert "canary" not in response.content.decode().lower().replace("x canary", "")


def test_the_credential_is_taken_away_by_an_empty_form(cast: Cast, staff: Client) -> None:
    path = f"/admin/apis/versions/{cast.version.public_id}/credential/"
    staff.post(path, {"upstream_headers": "X-Key: secret"})
    assert staff.post(path, {"upstream_headers": ""}).status_code == 303
    cast.version.refresh_from_db()
    assert cast.version.upstream_headers == ""
