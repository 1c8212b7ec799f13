"""Who takes part in tests: an owner, a teammate who may only look, a stranger with an organisation apart, and staff.

Owner and teammate share the organisation whose application has a key; what they may see, the stranger must not.
"""

from dataclasses import dataclass

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import Application, Organisation, Role, User
from accounts.writes import add_member
from catalog.models import Version
from keys.writes import NewKey
from plans.models import Plan
from tests.factories import (
    ACTOR,
    add_authenticator,
    make_application,
    make_key,
    make_organisation,
    make_person,
    make_plan,
    make_version,
)


@dataclass(frozen=True)
class Person:
    """A user and a browser in which they are signed in."""

    user: User
    client: Client


@dataclass(frozen=True)
class Cast:
    """Everybody, and what they have. `plan` is the one given at sign-up."""

    version: Version
    plan: Plan
    organisation: Organisation
    application: Application
    key: NewKey
    owner: Person
    teammate: Person
    stranger: Person
    strangers_application: Application
    strangers_key: NewKey
    staff: Person


def make_cast() -> Cast:
    version = make_version()
    plan = make_plan("starter", version, is_default=True)
    owner, stranger = make_person("owner@bindery.example"), make_person("stranger@elsewhere.example")
    organisation = make_organisation(owner)
    application = make_application(organisation, plan, version.api)
    strangers_application = make_application(make_organisation(stranger, "Elsewhere"), plan, version.api, "Theirs")
    return Cast(
        version=version,
        plan=plan,
        organisation=organisation,
        application=application,
        key=make_key(application),
        owner=sign_in(owner),
        teammate=sign_in(_teammate(organisation)),
        stranger=sign_in(stranger),
        strangers_application=strangers_application,
        strangers_key=make_key(strangers_application),
        staff=sign_in(make_person("staff@portcullis.example", is_staff=True, is_superuser=True), with_code=True),
    )


def _teammate(organisation: Organisation) -> User:
    user = make_person("teammate@bindery.example")
    add_member(organisation, user, Role.VIEWER, actor=ACTOR)
    return user


def sign_in(user: User, *, with_code: bool = False) -> Person:
    """A browser in which the person is signed in, with the second factor where asked for."""
    client = Client()
    client.force_login(user)
    if with_code:
        device = add_authenticator(user)
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session.save()
    return Person(user, client)
