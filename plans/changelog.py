"""The changelog: entries are written by staff, read by those who may see the version, told to those who subscribe."""

from collections.abc import Sequence
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.utils import timezone

from accounts.models import Application, Membership, Role
from analytics.models import Call
from audit.actors import Actor
from audit.writing import Conflict, record_event, write
from catalog.diff.compare import diff
from catalog.diff.rules import Change, Kind
from catalog.models import Api, ChangelogEntry, Operation, Revision, Version
from catalog.openapi import operations_of
from catalog.openapi_paths import shape_of
from notices.mail import post
from plans.access import Reader, versions_open_to
from plans.models import Plan, Subscription
from plans.served.document import served_document

MOST_CHANGES = 500
CALLS_WITHIN = timedelta(days=30)
_TOLD = (Role.OWNER, Role.DEVELOPER)
_WEIGHTY = (Kind.BREAKING, Kind.DEPRECATING)


def changes_of(entry: ChangelogEntry) -> list[Change]:
    """All of them, for staff. Reads two documents."""
    return diff(entry.before.document, entry.after.document)


def draft_text(changes: Sequence[Change]) -> str:
    """CommonMark for staff to edit: what breaks and what is deprecated, then what is new."""
    told = [change for change in changes if change.kind != Kind.DOCS][:MOST_CHANGES]
    return "\n".join(f"- **{change.kind.capitalize()}**: {change.text}" for change in told[:50])


@write
def write_entry(entry: ChangelogEntry, *, title: str, text: str, publish: bool, actor: Actor) -> None:
    """Keep an entry's words; publishing also tells the subscribers, once. Raises ValidationError, Conflict."""
    if not title.strip():
        raise ValidationError({"title": "An entry has a title."})
    values = {"title": title.strip()[:200], "text": text}
    found = ChangelogEntry.objects.filter(pk=entry.pk)
    if publish:
        found = found.filter(published_at=None)
        kept = [(*change[:3], change.operations) for change in changes_of(entry)[:MOST_CHANGES]]
        values |= {"published_at": timezone.now(), "changes": kept}
    if not found.update(**values):
        raise Conflict
    entry.title, entry.text = title.strip()[:200], text
    if publish:
        _tell(entry)
    record_event(actor, "changelog.published" if publish else "changelog.written", entry)


def _tell(entry: ChangelogEntry) -> None:
    """A letter to the owners and developers of organisations whose plan covers the version; drafts are nobody's."""
    api = entry.version.api
    context = {"api": api.title, "slug": api.slug, "version": entry.version.name, "title": entry.title}
    for email, organisation in subscribers(entry.version):
        post("changelog", email, {**context, "lines": entry.text.splitlines()[:60]}, organisation=organisation)


def subscribers(version: Version) -> list[tuple[str, str]]:
    """E-mail address and organisation of who is told of a version's changes; each person once."""
    held = Subscription.objects.filter(api=version.api, status="active", plan__versions=version)
    rows = Membership.objects.filter(organisation__applications__in=held.order_by().values("application"))
    people = rows.filter(role__in=_TOLD, user__is_active=True).order_by("id")
    return list(dict(people.values_list("user__email", "organisation__public_id")).items())


def entries_open_to(reader: Reader, api_slug: str) -> QuerySet[ChangelogEntry]:
    """Published entries of the versions that the reader may know of, the newest first."""
    open_versions = versions_open_to(reader).filter(api__slug=api_slug).order_by()
    rows = ChangelogEntry.objects.filter(version__in=open_versions.values("pk"), published_at__isnull=False)
    return (
        rows.select_related("version__api", "before__version", "after")
        .defer("before__packed", "after__packed", "version__document", "before__version__document")
        .order_by("-published_at")
    )


def changes_for(entry: ChangelogEntry, plan: Plan) -> list[Change]:
    """What a plan's subscribers may know of an entry: the difference between the documents served to them."""
    return diff(_served(entry.before, entry.version, plan), _served(entry.after, entry.version, plan))


def _served(revision: Revision, version: Version, plan: Plan) -> dict[str, object]:
    """As if the version still had that document. Both sides count as the newer version: its masks hold."""
    version.document = revision.document
    rows = {(row.method, shape_of(row.path)): row for row in Operation.objects.filter(version=version)}
    operations = []
    for draft in operations_of(version.document):
        known = rows.get((draft.method, shape_of(draft.path)))
        # Of an operation that is gone only the document can say who might have called it.
        if known is not None or draft.scope is not None:
            scope = known.scope if known else str(draft.scope)
            operation = Operation(version=version, method=draft.method, path=draft.path, scope=scope)
            operation.pk, operation.public_id = (known.pk, known.public_id) if known else (None, "")
            operations.append(operation)
    return served_document(version, operations, plan, "https://api.invalid")


def own_calls(applications: Sequence[Application], api: Api) -> dict[str, int]:
    """Calls of the last thirty days by operation, as `GET /books`. Two queries."""
    if not applications:
        return {}
    since = timezone.now() - CALLS_WITHIN
    names = [application.public_id for application in applications]
    rows = Call.objects.filter(application__in=names, api=api.public_id, at__gte=since).order_by()
    counted = dict(rows.values_list("operation").annotate(Count("pk")))
    found = Operation.objects.filter(public_id__in=counted).order_by()
    calls: dict[str, int] = {}
    for row in found.only("public_id", "method", "path"):
        calls[str(row)] = calls.get(str(row), 0) + counted[row.public_id]
    return calls


def affected_calls(entry: ChangelogEntry, calls: dict[str, int]) -> int:
    """How many of one's own calls went to operations in which something breaks or is deprecated."""
    changes = [Change(rule, pointer, detail, tuple(names)) for rule, pointer, detail, names in entry.changes]
    names = {name for change in changes if change.kind in _WEIGHTY for name in change.operations}
    return sum(calls.get(name, 0) for name in names)
