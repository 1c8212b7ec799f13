"""The terms of a plan: a text whose digest names its version, and the organisations that accepted it.

What nobody accepted yet withholds nothing: the developers' pages ask until somebody does.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Application, Organisation, User
from audit.actors import Actor
from audit.writing import record_event, write
from plans.models import Plan, Subscription, TermsAcceptance


def plain_terms(text: str) -> str:
    """The same text, whether a browser sent it (with CRLF) or a file holds it: so both name the same version."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def digest_of_terms(text: str) -> str:
    """SHA-256 in hexadecimal; empty where there are no terms."""
    return sha256(text.encode()).hexdigest() if text else ""


def name_terms(plan: Plan) -> None:
    """Give the terms, which have changed, the name and the date of their version; the caller saves."""
    plan.terms_digest, plan.terms_changed_at = digest_of_terms(plan.terms), timezone.now()


def has_accepted(organisation: Organisation, plan: Plan) -> bool:
    """Whether the terms as they stand were accepted; so they are where there are none."""
    if not plan.terms_digest:
        return True
    return accepted_by([organisation]).filter(plan=plan, digest=plan.terms_digest).exists()


def accepted_by(organisations: Iterable[Organisation]) -> QuerySet[TermsAcceptance]:
    """What they accepted, of all plans and versions."""
    return TermsAcceptance.objects.filter(organisation__in=organisations).select_related("organisation", "user")


def saying_whether_accepted(plans: QuerySet[Plan], organisation: Organisation | None) -> QuerySet[Plan]:
    """The plans, each with `is_accepted`: whether the organisation accepted its terms as they stand."""
    now = TermsAcceptance.objects.filter(plan=OuterRef("pk"), digest=OuterRef("terms_digest"))
    return plans.annotate(is_accepted=Exists(now.filter(organisation=organisation)))


@write
def accept_terms(organisation: Organisation, plan: Plan, digest: str, *, user: User, actor: Actor) -> TermsAcceptance:
    """Record that a person accepted, for their organisation, the version of the terms that they were shown.

    Raises ValidationError where it is not the one in force.
    """
    check_digest(Plan.objects.select_for_update().get(pk=plan.pk), digest)
    found, _ = TermsAcceptance.objects.get_or_create(
        organisation=organisation, plan=plan, digest=digest, defaults={"user": user}
    )
    record_event(actor, "terms.accepted", plan, organisation=organisation.public_id, changes={"terms": [None, digest]})
    return found


def check_digest(plan: Plan, digest: str) -> None:
    """Raises ValidationError unless `digest` names the terms in force."""
    if not digest:
        raise ValidationError(f"Accept the terms of {plan} first.")
    if digest != plan.terms_digest:
        raise ValidationError(f"The terms of {plan} are not those that you were shown. Read them again.")


def standing(organisation: Organisation, plan: Plan) -> dict[str, list[str | None]]:
    """How an event of a subscription names the plan's terms; empty where there are none."""
    if not plan.terms_digest:
        return {}
    word = "accepted" if has_accepted(organisation, plan) else "not accepted"
    return {"terms": [None, f"{word}: {plan.terms_digest}"]}


class WaitingTerms(NamedTuple):
    """Terms that an organisation is bound by and has not accepted as they stand; `is_change`: it had accepted others.

    `application` is one of those on the plan.
    """

    plan: Plan
    application: Application
    is_change: bool


def waiting_terms(applications: Iterable[Application]) -> list[WaitingTerms]:
    """Of the subscriptions in force of these applications. One query."""
    held = Subscription.objects.filter(application__in=applications, status="active").exclude(plan__terms_digest="")
    rows = saying_what_was_accepted(held).select_related("plan", "application__organisation")
    return waiting_among(rows.order_by("id"))


def saying_what_was_accepted(subscriptions: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """Each with `has_accepted`, for the terms as they stand, and `has_accepted_any`, for whichever of the plan."""
    ours = TermsAcceptance.objects.filter(organisation=OuterRef("application__organisation"), plan=OuterRef("plan"))
    now = ours.filter(digest=OuterRef("plan__terms_digest"))
    return subscriptions.annotate(has_accepted=Exists(now), has_accepted_any=Exists(ours))


def waiting_among(subscriptions: Iterable[Any]) -> list[WaitingTerms]:
    """Once for each organisation and plan, of rows that say what was accepted."""
    first: dict[tuple[int, int], WaitingTerms] = {}
    for row in subscriptions:
        if row.plan.terms_digest and not row.has_accepted:
            key = row.application.organisation_id, row.plan_id
            first.setdefault(key, WaitingTerms(row.plan, row.application, row.has_accepted_any))
    return list(first.values())
