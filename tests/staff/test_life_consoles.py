"""A version's end from the staff side: whom it meets, telling them, brownouts, retiring it and taking that back."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from catalog.life_writes import move_version
from catalog.models import Brownout, Extension, Version
from notices.models import Letter
from tests.cast import Cast
from tests.factories import ACTOR
from tests.logged import make_call

DAY = timedelta(days=1)


def _address(version: Version, rest: str) -> str:
    return f"/admin/apis/versions/{version.public_id}/{rest}"


def _deprecated(cast: Cast) -> Version:
    return move_version(cast.version, "deprecated", actor=ACTOR, sunset_at=timezone.now() + 30 * DAY)


def test_retiring_what_is_called_asks_for_its_name_and_the_page_takes_it_back(cast: Cast, staff: Client) -> None:
    version = _deprecated(cast)
    make_call(cast)
    path = _address(version, "life/retired/")
    assert "Type v1 to confirm" in staff.get(path).content.decode()
    for typed in ("", "v2", "V1"):
        assert staff.post(path, {"reason": "over", "typed": typed}).status_code == 422
    assert staff.post(path, {"reason": "over", "typed": "v1"}).status_code == 303
    page = staff.get(_address(version, "life/")).content.decode()
    assert "HTTP/1.1 410 Gone" in page
    act = page.partition('name="act" value="')[2].partition('"')[0]
    assert staff.post(_address(version, "life/undo/"), {"act": act}).status_code == 303
    version.refresh_from_db()
    assert version.state == "deprecated"
    assert version.sunset_at is not None
    assert version.sunset_at > timezone.now()
    assert "Sunset: " in staff.get(_address(version, "life/")).content.decode()


def test_what_nobody_calls_is_retired_without_its_name(cast: Cast, staff: Client) -> None:
    path = _address(_deprecated(cast), "life/retired/")
    assert "Type v1" not in staff.get(path).content.decode()
    assert staff.post(path, {"reason": "over"}).status_code == 303


def test_who_calls_is_listed_filtered_and_exported(cast: Cast, staff: Client) -> None:
    version = _deprecated(cast)
    for _ in range(3):
        make_call(cast)
    make_call(cast, application=cast.strangers_application.public_id, at=timezone.now() - 6 * DAY)
    make_call(cast, application="app_gone", credential="key_gone", at=timezone.now() - 8 * DAY)
    page = staff.get(_address(version, "callers/")).content.decode()
    assert page.index(">Reader<") < page.index(">Theirs<")
    assert "gone" not in page
    assert ">Theirs<" not in staff.get(_address(version, "callers/?q=Reader")).content.decode()
    assert "Nobody fits" in staff.get(_address(version, "callers/?told=yes")).content.decode()
    export = staff.get(_address(version, "callers.csv?q=Reader"))
    lines = export.content.decode().splitlines()
    assert lines[0] == "organisation,application,key,operation,calls_7d,last_call,told,own_sunset,exempt"
    assert lines[1].startswith("Bindery,Reader,Key,GET /books,3,")
    assert len(lines) == 2


def test_some_or_all_are_told_and_one_is_extended(cast: Cast, staff: Client) -> None:
    version = _deprecated(cast)
    make_call(cast)
    make_call(cast, application=cast.strangers_application.public_id)
    tell = _address(version, "callers/tell/")
    assert staff.post(tell, {"whom": "ticked", "application": cast.application.public_id}).status_code == 303
    assert [letter.to for letter in Letter.objects.filter(kind="version_ends")] == [cast.owner.user.email]
    staff.post(tell, {"whom": "all"})
    assert Letter.objects.filter(kind="version_ends").count() == 2
    assert version.sunset_at is not None
    own = version.sunset_at + DAY
    path = _address(version, f"callers/{cast.application.public_id}/")
    sooner = {"sunset_at": f"{version.sunset_at - DAY:%Y-%m-%dT%H:%M:%S}", "reason": "asked"}
    assert staff.post(path, sooner).status_code == 422
    data = {"sunset_at": f"{own:%Y-%m-%dT%H:%M:%S}", "is_exempt": "on", "reason": "asked"}
    assert staff.post(path, data).status_code == 303
    made = Extension.objects.get()
    assert (made.application, made.is_exempt) == (cast.application, True)
    assert made.sunset_at == own.replace(microsecond=0)


def test_a_brownout_shows_what_it_would_refuse_and_what_it_has_refused(cast: Cast, staff: Client) -> None:
    version = _deprecated(cast)
    start = (timezone.now() + DAY).replace(microsecond=0)
    for _ in range(2):
        make_call(cast, at=start - 7 * DAY)
    times = {"starts_at": f"{start:%Y-%m-%dT%H:%M:%S}", "ends_at": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"}
    path = _address(version, "brownouts/")
    shown = staff.get(path, times).content.decode()
    assert "<dt>Calls refused</dt><dd>2" in shown
    assert Brownout.objects.count() == 0
    assert staff.post(path, times).status_code == 303
    planned = Brownout.objects.get()
    assert planned.predicted_calls == 2
    assert staff.post(path, times).status_code == 422
    Brownout.objects.update(starts_at=start - 2 * DAY, ends_at=start - 2 * DAY + timedelta(hours=1))
    make_call(cast, at=start - 2 * DAY, outcome="refused", status=410, problem="version-brownout")
    make_call(cast, at=start - 2 * DAY, outcome="refused", status=429, problem="rate-limited")
    page = staff.get(path).content.decode()
    assert 'data-of="predicted">2<' in page
    assert 'data-of="refused">1<' in page
