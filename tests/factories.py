"""Things that tests need, made through the write functions as in life."""

import secrets
from typing import Any

from allauth.account.models import EmailAddress
from django_otp_webauthn.models import WebAuthnCredential

from accounts.authenticators import Authenticator
from accounts.models import Application, Organisation, User
from accounts.second_factor import new_key
from accounts.writes import create_application, create_organisation
from audit.actors import Actor
from catalog.models import Api, Version
from catalog.writes import import_document, set_api, set_version
from contract.key_format import Environment
from guides.models import Guide
from guides.writes import publish_guide
from keys.clients import create_client
from keys.consents import give_consent
from keys.models import Consent, Grant
from keys.writes import NewKey, create_key
from plans.coverage import scopes_within_plans
from plans.models import Plan
from plans.writes import set_limits, set_masks, set_plan, subscribe

ACTOR = Actor("system", "tests", "Tests")
DOCUMENT = """
openapi: 3.1.0
info: {title: Library, version: "1"}
components:
  securitySchemes:
    library: {type: oauth2, flows: {clientCredentials: {tokenUrl: /t, scopes: {"books:read": "", "books:write": ""}}}}
paths:
  /books:
    get:
      operationId: listBooks
      summary: List books
      security: [{library: ["books:read"]}]
      responses: {"200": {description: Books}}
    post:
      operationId: addBook
      summary: Add a book
      security: [{library: ["books:write"]}]
      responses: {"201": {description: Added}}
  /books/{book_id}:
    parameters: [{name: book_id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: readBook
      summary: Read a book
      security: [{library: ["books:read"]}]
      responses: {"200": {description: A book}}
"""


def make_person(email: str, **fields: Any) -> User:
    """A person whose address is verified, without a password."""
    user = User.objects.create_user(email, None, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def add_authenticator(user: User) -> Authenticator:
    """An authenticator app, as if enrolled."""
    device = Authenticator.enrolled(user, new_key())
    device.save()
    return device


def add_passkey(user: User) -> WebAuthnCredential:
    """A passkey whose device nobody has."""
    return WebAuthnCredential.objects.create(
        user=user, name="Desk computer", credential_id=secrets.token_bytes(16), public_key=b""
    )


def make_organisation(owner: User, name: str = "Bindery") -> Organisation:
    return create_organisation(name, owner, actor=ACTOR)


def make_version(slug: str = "library", name: str = "v1", **values: Any) -> Version:
    """A live version of an API with three operations; the API is made where it is missing."""
    api = set_api(slug, actor=ACTOR, title=slug.title(), owner="Reading room, Ada Quill")
    values = {"state": "live", "upstream_url": "http://127.0.0.1:9", "test_upstream_url": "http://127.0.0.1:9"} | values
    version = set_version(api, name, actor=ACTOR, **values)
    import_document(version, DOCUMENT, actor=ACTOR)
    return version


def make_plan(slug: str, version: Version, **values: Any) -> Plan:
    """A plan that covers the version; `limits` and `masks` as the write functions take them."""
    limits, masks = values.pop("limits", []), values.pop("masks", [])
    values = {"name": slug.title(), "scopes": ["books:read", "books:write"]} | values
    plan = set_plan(slug, actor=ACTOR, versions=[version], **values)
    set_limits(plan, limits, actor=ACTOR)
    set_masks(plan, masks, actor=ACTOR)
    return plan


def make_application(organisation: Organisation, plan: Plan, api: Api, name: str = "Reader") -> Application:
    """An application subscribed to the plan for the API."""
    application = create_application(organisation, name, actor=ACTOR)
    subscribe(application, plan, api, actor=ACTOR)
    return application


def make_key(application: Application, name: str = "Key", environment: Environment = "test", **values: Any) -> NewKey:
    """A key with every scope of the application's plans."""
    scopes = values.pop("scopes", None)
    scopes = scopes_within_plans(application) if scopes is None else scopes
    return create_key(application, name, actor=ACTOR, environment=environment, scopes=scopes, **values)


def make_client(application: Application, name: str = "Client", **values: Any) -> NewKey:
    """A confidential client for people who sign in, with every scope of the application's plans."""
    usual: dict[str, Any] = {
        "environment": "test",
        "scopes": scopes_within_plans(application),
        "grants": [Grant.AUTHORIZATION_CODE.value],
        "redirect_uris": ["https://reader.example/callback"],
    }
    return create_client(application, name, actor=ACTOR, **(usual | values))


def make_consent(user: User, client: NewKey, *apis: str) -> Consent:
    """A consent to all that the client may."""
    return give_consent(user, client.credential, scopes=client.credential.scopes, apis=apis, actor=ACTOR)


def make_guide(slug: str, *body: tuple[str, Any], **values: Any) -> Guide:
    """A published guide; `body` as guides.writes takes it."""
    title = slug.replace("-", " ").capitalize()
    usual = {"title": title, "summary": f"How to {title.lower()}.", "body": body}
    return publish_guide(slug, actor=ACTOR, **(usual | values))
