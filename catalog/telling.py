"""Letters to the people of applications that still call a version on its way out, and who was told when."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Application, Membership, Role, User
from audit.actors import Actor
from audit.writing import record_event, write
from catalog.extensions import own_sunset
from catalog.models import Extension, Told, Version
from notices.mail import post

MOST_AT_ONCE = 200
PAUSE = timedelta(hours=1)
"""Who was told a moment ago is not told again: a form may be sent twice."""
_MANAGING = (Role.OWNER, Role.DEVELOPER)


@write
def tell(version: Version, calls: dict[str, int], *, actor: Actor) -> int:
    """Write to the owners and developers of applications, by public id with their calls in seven days; returns to how
    many. Those told within the last hour are left out. Raises ValidationError where nobody is left, or too many."""
    version = Version.objects.select_for_update(of=("self",)).select_related("api", "successor").get(pk=version.pk)
    chosen = _to_be_told(version, calls)
    if not chosen:
        raise ValidationError("Nobody is left to tell: choose applications that were not told within the last hour.")
    if len(chosen) > MOST_AT_ONCE:
        raise ValidationError(f"At most {MOST_AT_ONCE} applications are told at once; filter the list first.")
    people, told = _people(chosen), told_at(version, calls)
    extensions = {row.application_id: row for row in Extension.objects.filter(version=version)}
    rows = [
        _tell(version, one, people[one.organisation_id], own_sunset(version, extensions.get(one.pk)), facts)
        for one in chosen
        for facts in [{"calls": calls[one.public_id], "is_reminder": one.public_id in told}]
    ]
    Told.objects.bulk_create(rows)
    record_event(actor, "version.told", version, changes={"applications": [None, [one.public_id for one in chosen]]})
    return len(chosen)


def _to_be_told(version: Version, calls: Collection[str]) -> list[Application]:
    recent = Told.objects.filter(version=version, at__gt=timezone.now() - PAUSE).values("application")
    rows = Application.objects.filter(public_id__in=calls, status="active").exclude(pk__in=recent)
    return list(rows.select_related("organisation").order_by("id")[: MOST_AT_ONCE + 1])


def _people(applications: Iterable[Application]) -> dict[int, list[User]]:
    """By organisation. One query."""
    found: dict[int, list[User]] = {application.organisation_id: [] for application in applications}
    rows = Membership.objects.filter(organisation__in=found, role__in=_MANAGING, user__is_active=True)
    for row in rows.select_related("user").order_by("id"):
        found[row.organisation_id].append(row.user)
    return found


def _tell(
    version: Version, application: Application, people: list[User], ends_at: datetime | None, facts: dict[str, object]
) -> Told:
    context = {
        "application": application.name,
        "application_id": application.public_id,
        "api": version.api.title,
        "slug": version.api.slug,
        "version": version.name,
        "version_id": version.public_id,
        "successor": version.successor.name if version.successor else "",
        "ends_at": date_format(ends_at, "j F Y, H:i") if ends_at else "",
        **facts,
    }
    for person in people:
        post("version_ends", person.email, context, organisation=application.organisation.public_id)
    return Told(version=version, application=application, letters=len(people))


def told_at(version: Version, applications: Collection[str]) -> dict[str, datetime]:
    """When each was told last, by public id; who was never told is missing. One query."""
    rows = Told.objects.filter(version=version, application__public_id__in=applications).order_by()
    return dict(rows.values_list("application__public_id").annotate(Max("at")))
