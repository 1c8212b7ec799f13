"""Who gets into `/admin/`, and what is there at all."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import URLPattern, URLResolver
from wagtail.admin import urls as wagtail_urls

from portal.staff import guide_editor
from portal.staff.gate import OPEN_WAGTAIL_VIEWS
from tests.cast import Cast, sign_in
from tests.factories import make_person
from tests.staff.addresses import every_address


def test_it_sends_the_anonymous_to_login_from_any_address(cast: Cast) -> None:
    for path in [*every_address(cast).values(), "/admin/nothing/here/"]:
        response = Client().get(path)
        assert response.status_code == 302, path
        assert response["Location"].startswith("/login/?next=/admin/"), path


def test_it_hides_everything_from_who_is_not_staff(cast: Cast) -> None:
    for person in (cast.owner, cast.teammate, cast.stranger):
        for path in [*every_address(cast).values(), "/admin/nothing/here/"]:
            assert person.client.get(path).status_code == 404, path
            assert person.client.post(path).status_code == 404, path


def test_it_asks_staff_for_a_code_before_anything(cast: Cast) -> None:
    unverified = Client()
    unverified.force_login(cast.staff.user)
    for path in every_address(cast).values():
        response = unverified.get(path)
        assert response["Location"].startswith("/login/code/?next="), path


def test_it_sends_staff_without_an_authenticator_to_enrol_one(cast: Cast) -> None:
    newcomer = sign_in(make_person("new@portcullis.example", is_staff=True, is_superuser=True)).client
    for path in every_address(cast).values():
        assert newcomer.get(path)["Location"].startswith("/account/security/code/?next="), path


def test_it_keeps_a_superuser_out_who_is_not_staff(cast: Cast) -> None:
    odd = sign_in(make_person("odd@portcullis.example", is_superuser=True), with_code=True).client
    assert odd.get("/admin/").status_code == 404


def test_it_tells_staff_without_any_permission_what_is_missing(cast: Cast) -> None:
    clerk = sign_in(make_person("clerk@portcullis.example", is_staff=True), with_code=True).client
    response = clerk.get("/admin/")
    assert response.status_code == 403
    assert "wagtailadmin.access_admin" in response.content.decode()


def test_it_answers_403_with_the_missing_permission(cast: Cast) -> None:
    clerk = _clerk("catalog.view_api")
    paths = every_address(cast)
    assert clerk.get(paths["apis"]).status_code == 200
    for name in paths.keys() - {"overview", "apis", "api", "version", "version_life", "brownouts"}:
        response = clerk.get(paths[name])
        assert response.status_code == 403, name
    assert "catalog.change_api" in clerk.get(paths["version_edit"]).content.decode()


def test_it_shows_a_clerk_only_the_menu_that_opens(cast: Cast) -> None:
    page = _clerk("keys.view_credential").get("/admin/").content.decode()
    menu = page.partition('id="wagtail-sidebar-props"')[2].partition("</script>")[0]
    assert "/admin/keys/" in menu
    assert "/admin/plans/" not in menu


def test_a_clerk_who_may_only_look_cannot_write(cast: Cast) -> None:
    clerk = _clerk("keys.view_credential", "plans.view_plan", "accounts.view_organisation", "catalog.view_api")
    paths = every_address(cast)
    writing = ("key_revoke", "plan_edit", "plan_limits", "mask_new", "mask_remove", "organisation_suspend", "api_edit")
    for name in (*writing, "version_import", "version_credential", "subscription", "application_subscribe"):
        assert clerk.post(paths[name], {"reason": "because"}).status_code == 403, name
    cast.key.credential.refresh_from_db()
    assert cast.key.credential.status == "active"


def test_no_view_of_wagtails_own_is_open_but_what_draws_its_menu_and_what_guides_are_written_with(cast: Cast) -> None:
    known = OPEN_WAGTAIL_VIEWS | guide_editor.VIEWS
    closed = [path for name, path in _wagtail_paths() if name not in known and path != "/admin/"]
    assert len(closed) > 100
    opened = [path for path in closed if cast.staff.client.get(path).status_code != 404]
    opened += [path for path in closed if cast.staff.client.post(path).status_code != 404]
    assert opened == []


@pytest.mark.parametrize(
    "path", ["login/", "logout/", "account/", "password_reset/", "users/", "users/add/", "groups/"]
)
def test_wagtails_ways_around_the_second_factor_are_gone(cast: Cast, path: str) -> None:
    assert cast.staff.client.get(f"/admin/{path}").status_code == 404


def test_the_frame_of_every_console_allows_no_inline_script_or_style(cast: Cast) -> None:
    policy = cast.staff.client.get("/admin/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "nonce" not in policy
    assert "script-src 'self'" in policy


def test_what_guides_are_written_with_is_for_those_who_may_write_them(cast: Cast) -> None:
    clerk, opened = _clerk("catalog.view_api"), [path for name, path in _wagtail_paths() if name in guide_editor.VIEWS]
    assert len(opened) > 20
    for path in opened:
        assert Client().post(path)["Location"].startswith("/login/?next=/admin/"), path
        assert cast.owner.client.post(path).status_code == 404, path
        assert clerk.post(path).status_code == 403, path


def _clerk(*permissions: str) -> Client:
    user = make_person(f"{permissions[0]}@portcullis.example", is_staff=True)
    for label, codename in (name.split(".") for name in ("wagtailadmin.access_admin", *permissions)):
        user.user_permissions.add(Permission.objects.get(content_type__app_label=label, codename=codename))
    return sign_in(user, with_code=True).client


def _wagtail_paths() -> Iterator[tuple[str, str]]:
    for name, pattern in _walk(wagtail_urls.urlpatterns, ""):
        yield name, "/admin/" + pattern


def _walk(patterns: list[URLPattern | URLResolver], before: str, namespace: str = "") -> Iterator[tuple[str, str]]:
    """Names and paths with something in the place of each argument."""
    for pattern in patterns:
        here = before + _filled(pattern)
        if isinstance(pattern, URLResolver):
            inside = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, here, inside)
        elif "(" not in here and "$" not in here:
            yield f"{namespace}{pattern.name}", here


def _filled(pattern: URLPattern | URLResolver) -> str:
    route = str(pattern.pattern)
    for argument in pattern.pattern.converters:
        converter = type(pattern.pattern.converters[argument]).__name__
        value = "1" if converter == "IntConverter" else "00000000-0000-0000-0000-000000000001"
        route = route.replace(f"<{argument}>", value)
        for kind in ("int", "str", "slug", "uuid", "path"):
            route = route.replace(f"<{kind}:{argument}>", value)
    return route.removeprefix("^")
