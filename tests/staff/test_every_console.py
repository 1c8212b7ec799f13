"""What holds for every console: it opens, asks few questions, saves only through writes, escapes what people type."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import m2m_changed, post_delete, pre_delete, pre_save
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.snippets.models import get_snippet_models

from accounts.writes import rename_application, rename_organisation
from audit.writing import is_writing
from keys.writes import rename_key
from portal.staff.urls import urlpatterns
from tests.cast import Cast, sign_in
from tests.factories import ACTOR, make_application, make_key, make_organisation, make_person, make_plan, make_version
from tests.logged import make_call
from tests.staff.addresses import ACTS, DOWNLOADS, every_address
from tests.staff.making import make_mask

DOMAIN = ("accounts", "catalog", "plans", "keys", "restrictions", "guides")
MOST_QUERIES = 12
HOSTILE = '"><script>alert(1)</script>{{ 7|add:7 }}'


@pytest.fixture
def guarded(cast: Cast) -> Iterator[None]:
    """Fails on any save or deletion of a domain model that is not part of a write."""

    def check(sender: Any, **_: Any) -> None:
        is_ours = sender._meta.app_label in DOMAIN
        assert is_writing() or not is_ours, f"{sender.__name__} was changed outside a write"

    signals = (pre_save, pre_delete, post_delete, m2m_changed)
    for signal in signals:
        signal.connect(check)
    yield
    for signal in signals:
        signal.disconnect(check)


def _pages(cast: Cast) -> dict[str, str]:
    return {name: path for name, path in every_address(cast).items() if name not in ACTS}


def test_every_console_opens(cast: Cast, staff: Client) -> None:
    for name, path in _pages(cast).items():
        assert staff.get(path).status_code == 200, name


def test_every_console_opens_while_nothing_is_there_yet(db: None) -> None:
    alone = sign_in(make_person("alone@portcullis.example", is_staff=True, is_superuser=True), with_code=True).client
    plain = [str(pattern.pattern) for pattern in urlpatterns if not pattern.pattern.converters]
    assert len(plain) > 8
    for route in plain:
        assert alone.get(f"/admin/{route}").status_code == 200, route


def test_an_unknown_id_is_not_found(cast: Cast, staff: Client) -> None:
    for pattern in urlpatterns:
        converters = pattern.pattern.converters
        if not converters:
            continue
        path = "/admin/" + str(pattern.pattern)
        for argument in converters:
            path = path.replace(f"<str:{argument}>", "nothing").replace(f"<int:{argument}>", "4242")
        assert staff.get(path).status_code == 404, path
        assert staff.post(path).status_code == 404, path


def test_a_nul_character_finds_nothing_and_is_stored_nowhere(cast: Cast, staff: Client) -> None:
    paths = every_address(cast)
    for path in ("/admin/keys/%00/", "/admin/keys/?q=%00", "/admin/calls/?key=a%00b", "/admin/plans/?%00=x&page=%00"):
        assert staff.get(path).status_code in (200, 404, 422), path
    for name in ("key_revoke", "mask_new", "application_subscribe", "version_import"):
        data = {"reason": "a\0", "place": "api:\0", "plan": "\0", "document": "a: \0"}
        assert staff.post(paths[name], data).status_code == 400, name


def test_no_cache_keeps_a_console(cast: Cast, staff: Client) -> None:
    for name, path in _pages(cast).items():
        assert "no-store" in staff.get(path)["Cache-Control"], name


def test_every_form_sent_empty_or_wrong_saves_nothing_outside_a_write(cast: Cast, staff: Client, guarded: None) -> None:
    for name, path in every_address(cast).items():
        for data in ({}, {"step": "import"}, {"reason": "x" * 600}, {"form-TOTAL_FORMS": "x", "step": "save"}):
            assert staff.post(path, data).status_code in ((303, 404) if name in ACTS else (200, 303, 422)), name


def test_the_guard_of_this_file_sees_a_save_outside_a_write(cast: Cast, guarded: None) -> None:
    with pytest.raises(AssertionError, match="Organisation was changed outside a write"):
        cast.organisation.save()


def test_no_domain_model_is_a_snippet(db: None) -> None:
    ours = {model for label in DOMAIN for model in apps.get_app_config(label).get_models()}
    assert len(ours) > 10
    assert not ours & set(get_snippet_models())


def test_queries_do_not_grow_with_the_data(cast: Cast, staff: Client) -> None:
    _grow(cast)
    addresses = _pages(cast)
    asked = {name: _queries(staff, path) for name, path in addresses.items()}
    assert {name: number for name, number in asked.items() if number > MOST_QUERIES} == {}


def _grow(cast: Cast) -> None:
    for number in range(4):
        version = make_version(f"api-{number}", "v1")
        make_version(f"api-{number}", "v2")
        plan = make_plan(
            f"plan-{number}", version, limits=[{"name": "day", "kind": "quota", "amount": 9, "window": "day"}]
        )
        organisation = make_organisation(make_person(f"person-{number}@example.org"), f"Organisation {number}")
        for name in ("One", "Two", "Three"):
            application = make_application(organisation, plan, version.api, name)
            make_key(application)
            make_key(cast.application, f"{name} {number}")
        make_mask(cast.plan, f"$.field{number}", operation=cast.version.operations.order_by("?").first())
        make_call(cast)
        make_call(cast, application=application.public_id, outcome="refused", status=429, problem="rate-limited")


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(
        [query for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
    )


def test_what_people_type_is_shown_as_text(cast: Cast, staff: Client) -> None:
    rename_organisation(cast.organisation, HOSTILE, actor=ACTOR)
    rename_application(cast.application, HOSTILE, actor=ACTOR)
    rename_key(cast.key.credential, HOSTILE, actor=ACTOR)
    make_call(cast, path=f"/library/{HOSTILE}", user_agent=HOSTILE)
    for name, path in _pages(cast).items():
        if name in DOWNLOADS:
            continue
        page = staff.get(path).content.decode()
        assert "<script>alert" not in page, name
        assert "{{ 14" not in page, name
