"""Which plans and versions a reader may know of: public ones, and those that an application of theirs has."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.access import NotVisible, applications_of
from accounts.models import User
from audit.publishing import number_of
from catalog.ends import with_next_brownout
from catalog.life import newest_first
from catalog.models import Api, Operation, State, Version
from plans.models import Plan, Subscription

Reader = User | AnonymousUser


def plans_open_to(reader: Reader) -> QuerySet[Plan]:
    """Public plans, and those that an application of the reader is on; in the order of comparison."""
    return Plan.objects.filter(Q(is_public=True) | Q(pk__in=_plans_held_by(reader)))


def access_terms(reader: Reader, slug: str) -> Plan:
    """The plan of that name, with terms. Raises NotVisible where it has none, or is neither open to the reader nor
    given at sign-up: whoever signs up accepts terms and so must be able to read them."""
    offered = plans_open_to(reader) | Plan.objects.filter(is_default=True)
    plan = offered.exclude(terms_digest="").filter(slug=slug).first()
    if plan is None:
        raise NotVisible(slug)
    return plan


def _plans_held_by(reader: Reader) -> QuerySet[Subscription, int]:
    if not isinstance(reader, User):
        return Subscription.objects.none().values("plan")
    held = Subscription.objects.filter(application__in=applications_of(reader).order_by(), status="active")
    return held.order_by().values("plan")


def versions_open_to(reader: Reader) -> QuerySet[Version]:
    """The versions that such a plan covers, with their APIs and without their documents, which are large."""
    covered = Version.objects.filter(pk__in=_coverings(reader).values("version")).exclude(state=State.DRAFT)
    return covered.select_related("api", "successor").defer("document", "successor__document")


def _coverings(reader: Reader) -> QuerySet[Any]:
    """Rows of plan and version."""
    return Plan.versions.through._default_manager.filter(plan__in=plans_open_to(reader).order_by())


def scopes_open_to(reader: Reader) -> dict[int, set[str]]:
    """By version, the scopes of the plans open to the reader that cover it, with that of operations without one."""
    scopes: dict[int, set[str]] = {}
    for version, of_plan in _coverings(reader).values_list("version_id", "plan__scopes"):
        scopes.setdefault(version, {""}).update(of_plan)
    return scopes


def operations_open_to(reader: Reader, operations: Iterable[Operation]) -> list[Operation]:
    """Those of the operations that a plan open to the reader has: what none has is not told of. One query."""
    scopes = scopes_open_to(reader)
    return [row for row in operations if row.scope in scopes.get(row.version_id, ())]


def access_versions(reader: Reader, api_slug: str) -> list[Version]:
    """The versions of an API that are open to the reader, the newest first, each with the number of its published
    record. One query. Raises NotVisible where there is none."""
    rows = with_next_brownout(versions_open_to(reader).filter(api__slug=api_slug), timezone.now())
    versions = newest_first(rows.annotate(published_number=number_of("version")))
    if not versions:
        raise NotVisible(api_slug)
    return versions


def catalogue_open_to(reader: Reader) -> dict[Api, list[Version]]:
    """The APIs by title, each with its versions that are open to the reader, the newest first. One query."""
    catalogue: dict[Api, list[Version]] = {}
    for version in newest_first(versions_open_to(reader).order_by("api__title", "api_id")):
        catalogue.setdefault(version.api, []).append(version)
    return dict(sorted(catalogue.items(), key=lambda entry: entry[0].title.lower()))
