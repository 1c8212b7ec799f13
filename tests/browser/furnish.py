"""`python -m tests.browser.furnish`, in the installation's environment: puts a cast beside the sample data.

Prints the fields of `tests.browser.world.World` as JSON, without the addresses of the processes. Everybody gets a
session as if they had signed in; the forms for that have tests of their own.
"""

import json
import os
import sys
import time
from datetime import timedelta
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()

from allauth.account.forms import default_token_generator  # noqa: E402
from allauth.account.models import EmailAddress, EmailConfirmationHMAC  # noqa: E402
from allauth.account.utils import user_pk_to_url_str  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import Permission  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.invitations import invite  # noqa: E402
from accounts.models import Application, Organisation, User  # noqa: E402
from accounts.models import Role as OrganisationRole  # noqa: E402
from accounts.session_store import SessionStore  # noqa: E402
from accounts.writes import add_member, set_organisation_status  # noqa: E402
from analytics.models import Call  # noqa: E402
from audit.models import Event  # noqa: E402
from catalog.brownouts import plan_brownout  # noqa: E402
from catalog.extensions import set_extension  # noqa: E402
from catalog.imports import begin, run  # noqa: E402
from catalog.models import Api, Operation, Version  # noqa: E402
from catalog.telling import tell  # noqa: E402
from contract.records import Requirement, Throttle, Window  # noqa: E402
from contract.records import Restriction as Record  # noqa: E402
from demo.seed import DEVELOPER_EMAIL  # noqa: E402
from guides.models import Guide  # noqa: E402
from keys.leaks import Found, handle, receive  # noqa: E402
from keys.models import Grant, Side  # noqa: E402
from keys.onboarding import welcome  # noqa: E402
from keys.rotation import OVERLAPS, start_rotation  # noqa: E402
from keys.suspension import suspend_key  # noqa: E402
from keys.writes import revoke_key  # noqa: E402
from plans.models import Mask, Subscription  # noqa: E402
from portal.pages.invitations import IN_HAND  # noqa: E402
from restrictions.writes import apply_restriction  # noqa: E402
from tests.browser.world import Role  # noqa: E402
from tests.cast import sign_in  # noqa: E402
from tests.factories import (  # noqa: E402
    ACTOR,
    add_passkey,
    make_client,
    make_consent,
    make_key,
    make_organisation,
    make_person,
)

_CALLS_WITHIN_SECONDS = 30.0
_OPERATION_PATH = "/practitioners/{practitioner_id}"


def furnish() -> dict[str, Any]:
    """What `World` holds."""
    application = Application.objects.select_related("organisation").get(name="Sample traffic")
    organisation = application.organisation
    people = _people(organisation)
    sessions = {role: _session(user, role) for role, user in people.items()}
    quiet = welcome(people[Role.NEWCOMER], actor=ACTOR).application
    _ask_for_bound_tokens()
    return {
        "sessions": sessions,
        "organisation": organisation.public_id,
        "person": people[Role.DEVELOPER].public_id,
        "member": people[Role.VIEWER].public_id,
        "invitation": _invitation(organisation, people, sessions),
        "passkey": add_passkey(people[Role.STAFF]).credential_id_sha256,
        "suspended_organisation": _suspended(people[Role.STRANGER]),
        "event": Event.objects.filter(action="organisation.suspended").latest("id").public_id,
        "quiet_application": quiet.public_id,
        "restriction": _restricted(quiet),
        **_application(application),
        **_catalogue(),
        **_subscription(application),
        **_letters(people[Role.NEWCOMER]),
    }


def _people(organisation: Organisation) -> dict[Role, User]:
    people = {
        Role.DEVELOPER: User.objects.get(email=DEVELOPER_EMAIL),
        Role.VIEWER: make_person("viewer@bookings.example"),
        Role.NEWCOMER: make_person("newcomer@harbour.example"),
        Role.STRANGER: make_person("stranger@elsewhere.example"),
        Role.STAFF: make_person("desk@portcullis.example", is_staff=True, is_superuser=True),
        Role.STAFF_WITHOUT_CODE: make_person("porter@portcullis.example", is_staff=True, is_superuser=True),
        Role.STAFF_WITHOUT_PERMISSION: make_person("guest@portcullis.example", is_staff=True),
    }
    add_member(organisation, people[Role.VIEWER], OrganisationRole.VIEWER, actor=ACTOR)
    make_organisation(people[Role.STRANGER], "Elsewhere")
    # The frame of the staff side opens to them; every console asks for more.
    people[Role.STAFF_WITHOUT_PERMISSION].user_permissions.add(Permission.objects.get(codename="access_admin"))
    return people


def _invitation(organisation: Organisation, people: dict[Role, User], sessions: dict[Role, str]) -> str:
    """To the newcomer, and in hand of them and of somebody whom it is not for."""
    newcomer, owner = people[Role.NEWCOMER], people[Role.DEVELOPER]
    invitation = invite(organisation, newcomer.email, OrganisationRole.BILLING, actor=ACTOR, invited_by=owner)
    for role in (Role.NEWCOMER, Role.STRANGER):
        session = SessionStore(sessions[role])
        session[IN_HAND] = invitation.digest
        session.save()
    return str(invitation.public_id)


def _suspended(owner: User) -> str:
    organisation = make_organisation(owner, "Overdue")
    set_organisation_status(organisation, "suspended", actor=ACTOR, reason="Bills unpaid")
    return str(organisation.public_id)


def _ask_for_bound_tokens() -> None:
    """A condition that pages tell of; it begins only tomorrow, so that it refuses nobody."""
    asked = Requirement(dpop=True, windows=(Window((0, 1, 2, 3, 4), 480, 1080),), timezone="Europe/Berlin")
    record = Record(id="", how="require", reference="", scope="practitioners:read", requirement=asked)
    tomorrow, words = timezone.now() + timedelta(days=1), {"reason": "Tried out", "advice": "Ask for bound tokens."}
    apply_restriction(record, actor=ACTOR, starts_at=tomorrow, ends_at=tomorrow + timedelta(days=30), **words)


def _restricted(application: Application) -> str:
    """Slow enough for nobody to notice, so that the pages show one."""
    record = Record("", "throttle", "", application=application.public_id, throttle=Throttle(100, 1))
    made = apply_restriction(record, actor=ACTOR, reason="Tried out", advice="Nothing to do: it is wide.")
    return str(made.public_id)


def _session(user: User, role: Role) -> str:
    verified = role in (Role.STAFF, Role.STAFF_WITHOUT_PERMISSION)
    if role is Role.STAFF_WITHOUT_CODE:
        sign_in(user, with_code=True)
    client = sign_in(user, with_code=verified).client
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _application(application: Application) -> dict[str, str]:
    revoked = make_key(application, "Left on a bus").credential
    revoke_key(revoked, actor=ACTOR, reason="Left on a bus")
    calls = Call.objects.filter(application=application.public_id)
    _wait_for_the_log(calls)
    return {
        "application": application.public_id,
        "key": application.credentials.filter(status="active").last().public_id,
        "revoked_key": revoked.public_id,
        **_keys_in_trouble(application),
        **_client(application),
        "answered": calls.filter(status=200).first().request_id,
        "refused": calls.exclude(problem="").first().request_id,
    }


def _client(application: Application) -> dict[str, str]:
    made = make_client(application, "Ward calendar", requires_dpop=True, grants=Grant.values)
    consent = make_consent(User.objects.get(email=DEVELOPER_EMAIL), made, "clinic")
    return {"client": made.credential.public_id, "consent": consent.public_id}


def _keys_in_trouble(application: Application) -> dict[str, str]:
    rotating, leaked = make_key(application, "Nightly import"), make_key(application, "Pasted in a ticket")
    suspended = make_key(application, "Partner portal").credential
    start_rotation(rotating.credential, actor=ACTOR, overlap=OVERLAPS["24h"])
    handle(receive([Found(leaked.secret, url="https://paste.example/p/1")], actor=ACTOR))
    suspend_key(suspended, Side.TEAM, actor=ACTOR)
    over_scoped = make_key(application, "Left from a trial").credential
    over_scoped.grants.update(granted_at=timezone.now() - timedelta(days=60))
    return {
        "rotating_key": rotating.credential.public_id,
        "leaked_key": leaked.credential.public_id,
        "suspended_key": suspended.public_id,
        "over_scoped_key": over_scoped.public_id,
    }


def _wait_for_the_log(calls: Any) -> None:
    """The sample calls were made a moment ago; the worker may still be writing them down."""
    deadline = time.monotonic() + _CALLS_WITHIN_SECONDS
    while not (calls.filter(status=200).exists() and calls.exclude(problem="").exists()):
        if time.monotonic() > deadline:
            sys.exit(f"The call log holds {calls.count()} of the sample calls, and not every kind of them")
        time.sleep(0.1)


def _catalogue() -> dict[str, str]:
    api = Api.objects.get(slug="clinic")
    version = Version.objects.get(api=api, name="v2")
    return {
        "api": api.slug,
        "api_id": api.public_id,
        "version": version.name,
        "version_id": version.public_id,
        "import_id": _import(version),
        "changelog_entry": version.changelog.all()[0].public_id,
        "guide": str(Guide.objects.get(slug="make-your-first-call").pk),
        "deprecated_version": Version.objects.get(api=api, name="v1").name,
        "operation": Operation.objects.get(version=version, method="GET", path=_OPERATION_PATH).anchor,
        **_ending(Version.objects.get(api=api, name="v1")),
    }


def _ending(version: Version) -> dict[str, str]:
    """The deprecated version, with a brownout tomorrow and an application that keeps a date of its own."""
    start = timezone.now() + timedelta(days=1)
    brownout = plan_brownout(version, start, start + timedelta(hours=2), actor=ACTOR)
    application = Application.objects.get(name="Sample traffic")
    set_extension(version, application, sunset_at=None, is_exempt=True, actor=ACTOR)
    tell(version, {application.public_id: 12}, actor=ACTOR)
    operation = version.operations.first()
    names = {"ending_version": version, "ending_operation": operation, "brownout": brownout}
    return {name: each.public_id for name, each in names.items()}


def _import(version: Version) -> str:
    """The version's document without what its first operation asks for, and with a field less."""
    document = version.revisions.all()[0].document
    path = next(iter(document["paths"]))
    document["paths"][path]["get"].pop("security", None)
    document.pop("security", None)
    document["paths"].popitem()
    made = begin(version, json.dumps(document).encode(), source="clinic.json", actor=ACTOR)
    run(made)
    return made.public_id


def _subscription(application: Application) -> dict[str, str]:
    mask = Mask.objects.select_related("plan").filter(plan__slug="free").first()
    return {
        "plan": mask.plan.slug,
        "plan_id": mask.plan.public_id,
        "mask": str(mask.pk),
        "subscription": Subscription.objects.get(application=application).public_id,
    }


def _letters(person: User) -> dict[str, str]:
    """What would stand in e-mails: the links' changing parts."""
    address = EmailAddress.objects.create(user=person, email="second@harbour.example", verified=False, primary=False)
    return {
        "confirmation": EmailConfirmationHMAC(address).key,
        "reset_person": user_pk_to_url_str(person),
        "reset_token": default_token_generator.make_token(person),
        "used_token": "abcdef-0123456789",
    }


if __name__ == "__main__":
    json.dump(furnish(), sys.stdout)
