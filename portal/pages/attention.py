"""What a developer should look at, worst first: expiring keys, restrictions, deprecated versions, terms, refusals."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.formats import date_format

from accounts.models import Application
from analytics.activity import Refusals, refusals_since, traffic_of_versions
from catalog.ends import with_own_dates
from catalog.models import Version
from contract.problems import PROBLEMS
from keys.models import Credential, Status
from plans.terms import waiting_terms
from portal.pages.attention_item import Item
from portal.pages.restricted import restriction_items
from portal.pages.terms_item import terms_item
from portal.pages.version_item import version_item

EXPIRES_WITHIN = timedelta(days=14)
EXPIRED_WITHIN = timedelta(days=7)
TRAFFIC_WITHIN = timedelta(days=7)
_WORST_FIRST = ("critical", "warn", "info")


def attention_of(applications: Sequence[Application], now: datetime) -> list[Item]:
    """Seven queries at most, however many applications."""
    by_name = {application.public_id: application for application in applications}
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    items = [
        *(_item_of(key, now) for key in _keys_to_rotate(applications, now)),
        *restriction_items(applications, now),
        *_version_items(by_name, now),
        *(terms_item(row) for row in waiting_terms(applications)),
        *refusal_items(by_name, refusals_since(list(by_name), midnight)),
    ]
    return sorted(items, key=lambda item: _WORST_FIRST.index(item.kind))


def _keys_to_rotate(applications: Iterable[Application], now: datetime) -> list[Credential]:
    """Leaked ones, and those near their end."""
    keys = Credential.objects.filter(application__in=applications, status=Status.ACTIVE)
    near = Q(expires_at__gt=now - EXPIRED_WITHIN, expires_at__lte=now + EXPIRES_WITHIN)
    leaked = Q(quarantined_to__isnull=False, expires_at__gt=now)
    return list(keys.filter(near | leaked).select_related("application").order_by("expires_at"))


def _item_of(key: Credential, now: datetime) -> Item:
    return leak_item(key) if key.state == "quarantined" else key_item(key, now)


def key_item(key: Credential, now: datetime) -> Item:
    """A key that has just expired or is about to."""
    assert key.expires_at is not None
    day, page = date_format(key.expires_at, "j M, H:i"), f"/keys/{key.public_id}/rotate/"
    if key.expires_at <= now:
        text = f"Calls with it have been answered 401 since {day} UTC."
        return Item("critical", f"{key} of {key.application} has expired", text, page, "Rotate it")
    text = "Rotate it before calls with it are answered 401."
    return Item("warn", f"{key} of {key.application} expires on {day} UTC", text, page, "Rotate it")


def leak_item(key: Credential) -> Item:
    """A key that only reads because a secret of it was found in public."""
    title = f"{key} of {key.application} was reported as leaked"
    text = "It only reads until you rotate it, which ends the leaked secret at once."
    return Item("critical", title, text, f"/keys/{key.public_id}/rotate/", "Rotate it")


def _version_items(applications: dict[str, Application], now: datetime) -> list[Item]:
    ageing, ends = with_own_dates(Version.objects.ageing().select_related("api"), applications.values(), now)
    versions = {version.public_id: version for version in ageing}
    traffic = traffic_of_versions(list(applications), list(versions), now - TRAFFIC_WITHIN)
    return [version_item(applications[row.application], versions[row.version], row, ends, now) for row in traffic]


def refusal_items(applications: dict[str, Application], refusals: Iterable[Refusals]) -> list[Item]:
    """One item an application: how many calls were refused today, and why most of them."""
    totals: dict[str, list[Refusals]] = {}
    for row in refusals:
        totals.setdefault(row.application, []).append(row)
    return [_refusal_item(applications[name], rows) for name, rows in totals.items()]


def _refusal_item(application: Application, rows: list[Refusals]) -> Item:
    calls = sum(row.calls for row in rows)
    problem = PROBLEMS.get(rows[0].problem)
    most = f"Mostly: {problem.title.lower()} ({problem.status})." if problem else ""
    title = f"{calls:,} call{'' if calls == 1 else 's'} of {application} refused today"
    url = f"/apps/{application.public_id}/logs/?outcome=refused&range=24h"
    return Item("info", title, most, url, "See the calls")
