"""`/docs/<api>/changelog/`: what changed, the difference between any two versions, and a feed."""

from typing import Any, NamedTuple

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from accounts.access import NotVisible
from catalog.diff.compare import diff
from catalog.models import Api, ChangelogEntry, Version
from contract.settings import settings
from plans.access import Reader, access_versions
from plans.changelog import affected_calls, changes_for, entries_open_to, own_calls
from portal.diff_rows import Section, sections_of_changes
from portal.reference.markdown import render_markdown
from portal.reference.reading import own_subscriptions, read_as
from portal.reference.served import served

MOST_ENTRIES = 50


class Compared(NamedTuple):
    """What is compared on the page, and the difference as the reader's plan has it."""

    title: str
    sections: list[Section]


@require_safe
def changelog(request: HttpRequest, api: str) -> HttpResponse:
    """Published entries, and what `?entry=` or `?from=` and `?to=` ask to be compared."""
    versions = access_versions(request.user, api)
    entries = list(entries_open_to(request.user, api)[:MOST_ENTRIES])
    applications = [row.application for row in own_subscriptions(request.user, versions[0].api)]
    calls = own_calls(applications, versions[0].api)
    context = {
        "api": versions[0].api,
        "versions": versions,
        "entries": [(entry, affected_calls(entry, calls)) for entry in entries],
        "compared": _compared(request, versions, entries),
        "asked": {name: request.GET.get(name, "") for name in ("from", "to")},
        "trail": [(reverse("docs"), "Docs"), (reverse("docs_api", args=[api]), versions[0].api.title)],
        "nav": "docs",
    }
    return render(request, "docs/changelog.html", context)


def _compared(request: HttpRequest, versions: list[Version], entries: list[ChangelogEntry]) -> Compared | None:
    """Raises NotVisible for what the reader may not know of."""
    if name := request.GET.get("entry"):
        return _of_entry(request.user, next((entry for entry in entries if entry.public_id == name), None))
    if not request.GET.get("from") or not request.GET.get("to"):
        return None
    by_name = {version.name: version for version in versions}
    old, new = (by_name.get(request.GET.get(name, "")) for name in ("from", "to"))
    if old is None or new is None:
        raise NotVisible(request.GET.urlencode())
    documents = [_document(request.user, version) for version in (old, new)]
    return Compared(f"From {old.name} to {new.name}", sections_of_changes(diff(*documents)))


def _of_entry(reader: Reader, entry: ChangelogEntry | None) -> Compared:
    if entry is None:
        raise NotVisible("entry")
    plan = read_as(reader, entry.version).plan
    return Compared(str(entry), sections_of_changes(changes_for(entry, plan)))


def _document(reader: Reader, version: Version) -> dict[str, Any]:
    """As the reader's plan is served it: what that hides is not told by a difference either."""
    return dict(msgspec.json.decode(served(version, read_as(reader, version).plan, "json", needs=()).body))


@require_safe
def feed(request: HttpRequest, api: str) -> HttpResponse:
    """Atom (RFC 4287) of the entries that the reader may know of."""
    found: Api = access_versions(request.user, api)[0].api
    address = settings().portal_base + reverse("docs_changelog", args=[api])
    made = Atom1Feed(f"{found.title}: changelog", address, found.description, feed_url=address.rstrip("/") + ".atom")
    for entry in entries_open_to(request.user, api)[:MOST_ENTRIES]:
        made.add_item(
            f"{entry.version.name}: {entry.title}",
            f"{address}?entry={entry.public_id}",
            render_markdown(entry.text),
            unique_id=f"urn:portcullis:{entry.public_id}",
            pubdate=entry.published_at,
            updateddate=entry.published_at,
        )
    return HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
