"""What a new person finds: an organisation, an application on the default plan, and a read-only test key."""

from typing import NamedTuple

from accounts.models import Application, Organisation, User
from accounts.writes import create_application, create_organisation
from audit.actors import Actor
from audit.writing import write
from catalog.models import Api
from keys.writes import NewKey, create_key
from plans.coverage import default_plan
from plans.models import Plan
from plans.terms import accept_terms
from plans.writes import subscribe


class Welcome(NamedTuple):
    """`key` is None while no plan is given at sign-up."""

    organisation: Organisation
    application: Application
    key: NewKey | None


@write
def welcome(user: User, *, actor: Actor, accepted: str = "") -> Welcome:
    """Make it all in one transaction: whoever signs up can call at once or nothing was made.

    `accepted` is the digest of the terms that the person was shown; where they changed meanwhile, pages ask again.
    """
    organisation = create_organisation(organisation_name(user.email), user, actor=actor)
    plan = default_plan()
    if plan and accepted and accepted == plan.terms_digest:
        accept_terms(organisation, plan, accepted, user=user, actor=actor)
    application = open_application(organisation, "My first application", actor=actor)
    key = _first_key(application, plan, user, actor) if plan else None
    return Welcome(organisation, application, key)


@write
def open_application(organisation: Organisation, name: str, *, actor: Actor) -> Application:
    """An application that can call at once: on the plan given at sign-up, for every API which that plan covers."""
    application = create_application(organisation, name, actor=actor)
    plan = default_plan()
    for api in Api.objects.filter(versions__plans=plan).distinct() if plan else ():
        subscribe(application, plan, api, actor=actor)
    return application


def _first_key(application: Application, plan: Plan, user: User, actor: Actor) -> NewKey:
    readable = [scope for scope in plan.scopes if scope.endswith(":read")]
    return create_key(application, "First test key", actor=actor, environment="test", scopes=readable, created_by=user)


def organisation_name(email: str) -> str:
    """A name to begin with: the domain of a company's address, else the local part."""
    local, _, domain = email.partition("@")
    first = domain.partition(".")[0]
    return (first if first and first not in _MAIL_PROVIDERS else local).replace("-", " ").title()[
        :120
    ] or "My organisation"


_MAIL_PROVIDERS = frozenset(
    {"gmail", "outlook", "hotmail", "yahoo", "icloud", "proton", "protonmail", "gmx", "web", "aol"}
)
