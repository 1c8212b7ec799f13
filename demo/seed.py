"""The sample data: the clinic's API, plans, guides, a member of staff, a developer with applications, keys, a client.

What exists is left as people have changed it, so a second start keeps everything. Passwords and keys are this
installation's own; `VAR_DIR/secrets/sample.json` keeps them, because the database holds digests only.
"""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any, cast

from allauth.account.models import EmailAddress

from accounts.authenticators import Authenticator
from accounts.models import Application, Membership, Organisation, User
from accounts.staff import create_staff
from accounts.writes import create_application, create_organisation
from audit.actors import Actor
from audit.writing import record_event, write
from catalog.files import set_api_from_file
from catalog.models import Api, Version
from catalog.writes import set_version
from contract.key_format import digest_key
from contract.settings import settings
from demo.sample_guides import seed_guides
from demo.supervisor.demo_file import CREDENTIALS, write_private
from keys.clients import create_client
from keys.models import Grant, Secret
from keys.writes import create_key
from plans.coverage import scopes_within_plans
from plans.files import set_plan_from_file
from plans.models import Plan
from plans.writes import subscribe

HERE = Path(__file__).parent
ACTOR = Actor("command", "seed", "Sample data")
STAFF_EMAIL = "staff@portcullis.example"
DEVELOPER_EMAIL = "developer@bookings.example"
PLANS = ("free", "pro", "partner")
#: Application by the name of its key in demo.json: (application, plan). The last one makes the sample calls.
APPLICATIONS = {
    "free": ("Booking widget", "free"),
    "pro": ("Clinic calendar", "pro"),
    "traffic": ("Sample traffic", "pro"),
}
#: Where the sample client's answers go: whoever tries it out listens there, or reads the address.
CALLBACK = "http://127.0.0.1:8765/callback"


def seed() -> None:
    """Make what is missing and note how to get in. Raises ValidationError where our own files are wrong."""
    path = settings().var_dir / CREDENTIALS
    known = _read(path)
    api = _api()
    for slug in PLANS:
        if not Plan.objects.filter(slug=slug).exists():
            set_plan_from_file(HERE / "plans" / f"{slug}.yaml", actor=ACTOR)
    seed_guides(api, actor=ACTOR)
    staff = _staff(known.get("staff", {}))
    developer, organisation = _developer(known.get("developer", {}))
    keys = {name: _key(name, known.get("keys", {}).get(name, ""), organisation, api) for name in APPLICATIONS}
    client = _client(known.get("client", {}), organisation, api)
    write_private(path, {**known, "staff": staff, "developer": developer, "keys": keys, "client": client})


def _read(path: Path) -> dict[str, Any]:
    try:
        return cast(dict[str, Any], json.loads(path.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def _api() -> Api:
    """The clinic's API; where the upstream has moved to another port, its versions follow."""
    port = settings().upstream_port
    os.environ["UPSTREAM_PORT"] = str(port)
    api = Api.objects.filter(slug="clinic").first() or set_api_from_file(HERE / "apis" / "clinic.yaml", actor=ACTOR)
    for version in api.versions.all():
        _follow_upstream(version, f"http://127.0.0.1:{port}/{version.name}")
    return api


def _follow_upstream(version: Version, url: str) -> None:
    """Only where the version still points at a sample upstream: another address is somebody's choice."""
    moved = {
        field: url
        for field in ("upstream_url", "test_upstream_url")
        if getattr(version, field) != url and _is_sample_upstream(getattr(version, field), version.name)
    }
    if moved:
        set_version(version.api, version.name, actor=ACTOR, **moved)


def _is_sample_upstream(url: str, version: str) -> bool:
    return url.startswith("http://127.0.0.1:") and url.endswith(f"/{version}")


def _staff(known: dict[str, str]) -> dict[str, str]:
    """A member of staff with every permission and a one-time code; signed in as in production."""
    password = known.get("password") or new_password()
    user = _person(STAFF_EMAIL)
    if user is None:
        user = create_staff(STAFF_EMAIL, password, issuer=settings().brand, actor=ACTOR).user
    elif not known:
        _set_password(user, password)
    device = Authenticator.objects.filter(user=user, confirmed=True).first()
    secret = base64.b32encode(device.bin_key).decode().rstrip("=") if device else ""
    return {"email": STAFF_EMAIL, "password": password, "totp_secret": secret}


def _developer(known: dict[str, str]) -> tuple[dict[str, str], Organisation]:
    password = known.get("password") or new_password()
    user = _person(DEVELOPER_EMAIL)
    if user is None:
        user = _create_developer(password)
    elif not known:
        _set_password(user, password)
    membership = Membership.objects.filter(user=user).order_by("id").first()
    organisation = membership.organisation if membership else create_organisation("Bookings", user, actor=ACTOR)
    return {"email": DEVELOPER_EMAIL, "password": password}, organisation


@write
def _create_developer(password: str) -> User:
    user = User.objects.create_user(DEVELOPER_EMAIL, password, name="Dana Weber")
    EmailAddress.objects.create(user=user, email=DEVELOPER_EMAIL, verified=True, primary=True)
    create_organisation("Bookings", user, actor=ACTOR)
    return user


def _person(email: str) -> User | None:
    verified = EmailAddress.objects.filter(email=email, verified=True).select_related("user").first()
    return cast(User, verified.user) if verified else None


def new_password() -> str:
    """Random enough for a login that anybody on this machine may try."""
    return secrets.token_urlsafe(12)


@write
def _set_password(user: User, password: str) -> None:
    """Where the note of the passwords is lost, new ones are the only way in."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record_event(ACTOR, "password.set", user)


def _key(name: str, known: str, organisation: Organisation, api: Api) -> str:
    """The key that we know while it still works, else a new one."""
    if known and _works(known):
        return known
    application_name, plan_slug = APPLICATIONS[name]
    application = _application(organisation, application_name, Plan.objects.get(slug=plan_slug), api)
    scopes = scopes_within_plans(application)
    return create_key(application, "Sample key", actor=ACTOR, environment="test", scopes=scopes).secret


def _client(known: dict[str, str], organisation: Organisation, api: Api) -> dict[str, str]:
    """The client that we know while its secret works, else a new one, for both grants."""
    if known and _works(known["secret"]):
        return known
    name, plan_slug = APPLICATIONS["pro"]
    application = _application(organisation, name, Plan.objects.get(slug=plan_slug), api)
    made = create_client(
        application,
        "Sample client",
        actor=ACTOR,
        environment="test",
        scopes=scopes_within_plans(application),
        grants=Grant.values,
        redirect_uris=[CALLBACK],
    )
    return {"id": made.credential.public_id, "secret": made.secret}


def _works(key: str) -> bool:
    digest = digest_key(key, settings().secret_bytes("key_pepper"))
    secret = Secret.objects.filter(digest=digest).select_related("credential").first()
    return secret is not None and secret.not_after is None and secret.credential.state == "active"


def _application(organisation: Organisation, name: str, plan: Plan, api: Api) -> Application:
    found = organisation.applications.filter(name=name, status="active").first()
    if found:
        return found
    return _create_application(organisation, name, plan, api)


@write
def _create_application(organisation: Organisation, name: str, plan: Plan, api: Api) -> Application:
    application = create_application(organisation, name, actor=ACTOR)
    subscribe(application, plan, api, actor=ACTOR)
    return application
