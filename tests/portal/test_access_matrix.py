"""Every address × method × person: what `access.py` says is what the portal answers, and nothing else.

GET and POST by everybody; of the other methods one for each address and a few people, or all with PROVE=1.
"""

import logging
import os
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import get_resolver, path, reverse

from accounts.invitations import invite
from accounts.models import Role
from accounts.writes import add_member
from audit.models import Event
from plans.writes import set_plan
from tests.browser.addresses import our_routes
from tests.cast import Cast, make_cast, sign_in
from tests.factories import ACTOR, add_passkey, make_client, make_consent, make_guide, make_person
from tests.logged import make_call
from tests.portal.access import ACCESS, ANYBODY, EMPLOYED, MEMBERS, PERSON, Access, Who
from tests.staff.addresses import every_address

OTHERS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")
IS_PROOF = bool(os.environ.get("PROVE"))
FEW = (Who.ANONYMOUS, Who.STRANGER, Who.OWNER, Who.STAFF)
SAFE = ("GET", "HEAD", "OPTIONS")
#: Who may do what is decided before any database is asked in its own dialect.
pytestmark = pytest.mark.sqlite_only
LOGIN = "/login/"
#: An event stream reads on threads of its own, which see nothing of a test's transaction: see test_live_streams.py.
ASKED_ELSEWHERE = frozenset({"calls_stream"})
World = dict[Who, Client]


@pytest.fixture
def cast(db: None, settings: Any) -> Iterator[Cast]:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.WHITENOISE_AUTOREFRESH = True
    settings.ACCOUNT_RATE_LIMITS = False
    # Thousands of refusals, each with its line.
    logging.disable(logging.CRITICAL)
    yield make_cast()
    logging.disable(logging.NOTSET)


def everybody(cast: Cast) -> World:
    """A browser for each."""
    clerk = make_person("clerk@portcullis.example", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return {
        Who.ANONYMOUS: Client(),
        Who.STRANGER: cast.stranger.client,
        Who.VIEWER: cast.teammate.client,
        Who.DEVELOPER: _member(cast, Role.DEVELOPER),
        Who.BILLING: _member(cast, Role.BILLING),
        Who.OWNER: cast.owner.client,
        Who.STAFF_WITHOUT_PERMISSION: sign_in(clerk, with_code=True).client,
        Who.STAFF: cast.staff.client,
    }


def _member(cast: Cast, role: Role) -> Client:
    user = make_person(f"{role}@bindery.example")
    add_member(cast.organisation, user, role, actor=ACTOR)
    return sign_in(user).client


def addresses(cast: Cast) -> dict[str, str]:
    """Path by route; whatever an address names belongs to the organisation of the members."""
    invited = invite(cast.organisation, "a@b.example", Role.VIEWER, actor=ACTOR, invited_by=cast.owner.user)
    passkey = add_passkey(cast.owner.user)
    # A passkey of which the session knows nothing would be asked for first.
    _as_verified(cast.owner.client, passkey.persistent_id)
    client = make_client(cast.application)
    named: dict[str, Any] = {
        "app_id": cast.application.public_id,
        "application": cast.application.public_id,
        "key_id": cast.key.credential.public_id,
        "client_id": client.credential.public_id,
        "consent_id": make_consent(cast.owner.user, client, cast.version.api.slug).public_id,
        "request_id": make_call(cast).request_id,
        "org_id": cast.organisation.public_id,
        "organisation_id": cast.organisation.public_id,
        "user_id": cast.owner.user.public_id,
        "invitation_id": invited.public_id,
        "sign_in_id": "sgn_0",
        "passkey_id": passkey.credential_id_sha256,
        "api": cast.version.api.slug,
        "version": cast.version.name,
        "anchor": cast.version.operations.first().anchor,
        "slug": "rate-limited",
        "place": make_guide("begin").place,
        "name": "none.png",
        "plan": set_plan(cast.plan.slug, actor=ACTOR, terms="Be kind.").slug,
        "uidb36": "1",
        "key": "x-y",
    }
    consoles = {f"staff:{name}": address for name, address in every_address(cast).items()}
    return {name: consoles.get(name) or _address(name, named) for name in _routes() if name not in ASKED_ELSEWHERE}


def _as_verified(client: Client, device: str) -> None:
    session = client.session
    session["otp_device_id"] = device
    session.save()


def _routes() -> list[str]:
    return sorted({route.name for route in our_routes(get_resolver().url_patterns)})


def _address(name: str, named: dict[str, Any]) -> str:
    for _, parameters in get_resolver().reverse_dict.getlist(name)[0][0]:
        return reverse(name, kwargs={each: named[each] for each in parameters if each in named})
    raise AssertionError(name)


def asked(client: Client, method: str, address: str) -> tuple[HttpResponseBase, list[str]]:
    """The answer, and the acts that are on record because of it; nothing of it lasts."""
    cookies, before = client.cookies.output(), Event.objects.latest("id").pk
    with transaction.atomic():
        response = client.generic(method, address)
        acts = list(Event.objects.filter(pk__gt=before).values_list("action", flat=True))
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies.replace("Set-Cookie: ", ""))
    return response, acts


def expected(access: Access, who: Who, method: str) -> str:
    """ok, login, 403 or 404."""
    if access.allows(who, method):
        return "ok"
    if who is Who.ANONYMOUS:
        return "login" if access.get or access.is_personal else "404"
    belongs = EMPLOYED if access.is_staffs else MEMBERS
    return "403" if who in belongs and access.get & belongs and not access.is_personal else "404"


def answered(response: HttpResponseBase) -> str:
    """The same words, or the status of what is none of them."""
    if response.status_code == 302 and response.headers["Location"].startswith(LOGIN):
        return "login"
    return (
        str(response.status_code)
        if response.status_code in (401, 403, 404, 405) or response.status_code >= 500
        else "ok"
    )


def cells(index: int, access: Access) -> Iterator[tuple[Who, str]]:
    """Who asks with what, for the route of that number. Where roles make no difference, a few ask for all."""
    for who in FEW if access in (ANYBODY, PERSON) and not IS_PROOF else Who:
        yield from ((who, method) for method in ("GET", "POST", *_others(index, who)))


def _others(index: int, who: Who) -> tuple[str, ...]:
    if IS_PROOF:
        return OTHERS
    return (OTHERS[index % len(OTHERS)],) if who in (Who.STRANGER, Who.OWNER, Who.STAFF) else ()


def test_every_address_is_classified() -> None:
    assert sorted(ACCESS) == _routes()


def test_a_planted_address_is_noticed() -> None:
    planted = path("late/", lambda request: None, name="late")
    names = {route.name for route in our_routes([*get_resolver().url_patterns, planted])}
    assert names - set(ACCESS) == {"late"}


def test_everybody_gets_what_is_theirs(cast: Cast) -> None:
    people, paths, wrong = everybody(cast), addresses(cast), []
    for index, (route, address) in enumerate(paths.items()):
        seen: dict[str, dict[Who, str]] = {}
        for who, method in cells(index, ACCESS[route]):
            response, acts = asked(people[who], method, address)
            seen.setdefault(method, {})[who] = answered(response)
            if acts and (not ACCESS[route].allows(who, method) or method in SAFE):
                wrong.append(f"{method} {route} by {who} did {acts}")
        wrong += [line for method, by in seen.items() for line in misjudged(route, method, by)]
    assert not wrong, "\n".join(wrong)


def misjudged(route: str, method: str, seen: dict[Who, str]) -> Iterator[str]:
    """A method that an address does not know may be refused to everybody alike, and to nobody else's surprise."""
    access = ACCESS[route]
    is_known = any(word != "405" for who, word in seen.items() if access.allows(who, method))
    for who, word in seen.items():
        right = expected(access, who, method)
        fine = {right} | (set() if is_known else {"405"}) | ({"404"} if route in SOMETIMES_NOTHING else set())
        # Who is signed in is led on from the login before the method is looked at.
        fine |= {"405"} if access.allows(who, method) and method in ("PUT", "PATCH", "DELETE") else set()
        fine |= {"login"} if route in SECOND_STEPS else set()
        fine |= {"401"} if route in FOR_CLIENTS else set()
        if word not in fine:
            yield f"{method} {route} by {who}: {word}, not {right}"


#: Nothing to whoever is not half signed in.
SECOND_STEPS = frozenset({"login_code", "account_confirm_login_code"})
#: What no person is.
FOR_CLIENTS = frozenset({"oauth_token", "oauth_revoke", "oauth_introspect"})
#: Who may ask is told that there is nothing: no enrolment under way, no invitation in hand, a link that is none.
SOMETIMES_NOTHING = frozenset({"second_factor_picture", "invitation_accept", "account_confirm_email"})
