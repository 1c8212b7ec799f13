"""The web pages that may read an application's answers: named by its developers, published to the gateways."""

import pytest

from accounts.records import build_application
from audit.models import Event
from catalog.models import Api
from catalog.records import build_api
from catalog.writes import set_api
from tests.cast import Cast
from tests.factories import ACTOR
from tests.portal.pages.reading import read

pytestmark = pytest.mark.django_db


def address(cast: Cast) -> str:
    return f"/apps/{cast.application.public_id}/origins/"


def test_origins_are_set_as_browsers_send_them_and_published(cast: Cast) -> None:
    typed = "HTTPS://App.Example.com:443\r\n\r\nhttp://localhost:5173\r\n"
    response = cast.owner.client.post(address(cast), {"cors_origins": typed})
    settings = f"/apps/{cast.application.public_id}/settings/"
    assert (response.status_code, response.headers["Location"]) == (303, settings)
    record = build_application(cast.application.public_id)
    assert record is not None
    assert record.cors_origins == ("https://app.example.com", "http://localhost:5173")
    assert ">https://app.example.com\nhttp://localhost:5173</textarea>" in read(cast.owner.client, settings).replace(
        ">\n", ">"
    )
    event = Event.objects.get(action="application.origins_set")
    assert event.changes == {"cors_origins": [[], ["https://app.example.com", "http://localhost:5173"]]}
    assert event.records[0][0] == f"application:{cast.application.public_id}"


@pytest.mark.parametrize("typed", ["*", "null", "https://a.test/path", "https://*.a.test", "a\x00b", "x" * 20_001])
def test_it_rejects_what_is_no_origin_and_shows_the_form_again(cast: Cast, typed: str) -> None:
    response = cast.owner.client.post(address(cast), {"cors_origins": typed})
    assert response.status_code == 422
    assert b'data-focus="yes"' in response.content
    assert not Event.objects.filter(action="application.origins_set").exists()


def test_only_those_who_manage_keys_name_origins(cast: Cast) -> None:
    sent = {"cors_origins": "https://a.test"}
    assert cast.teammate.client.post(address(cast), sent).status_code == 403
    assert cast.stranger.client.post(address(cast), sent).status_code == 404
    assert cast.stranger.client.get(address(cast)).status_code == 404


def test_an_apis_origins_are_published_any_or_some(cast: Cast) -> None:
    api = cast.version.api
    for given, kept in ((["*"], ("*",)), (["https://A.test"], ("https://a.test",)), ([], ())):
        set_api(api.slug, actor=ACTOR, cors_origins=given)
        record = build_api(api.slug)
        assert record is not None
        assert record.cors_origins == kept


def test_staff_set_an_apis_origins(cast: Cast) -> None:
    api = cast.version.api
    fields = {"title": api.title, "owner": "Ada", "unmatched": "refuse", "validation": "off"}
    path = f"/admin/apis/{api.public_id}/edit/"
    assert cast.staff.client.post(path, {**fields, "cors_origins": "*\nhttps://a.test"}).status_code == 422
    assert cast.staff.client.post(path, {**fields, "cors_origins": "https://a.test"}).status_code == 303
    assert Api.objects.get(pk=api.pk).cors_origins == ["https://a.test"]
    assert "https://a.test" in read(cast.staff.client, f"/admin/apis/{api.public_id}/")
