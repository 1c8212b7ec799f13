"""What an application's own page shows: quota, the last 24 hours, last calls, versions, keys, and what to look at."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import prefetch_related_objects
from django.utils.formats import date_format

from accounts.models import Application
from analytics.activity import VersionTraffic
from analytics.calls import calls_of
from analytics.filters import CallFilters
from analytics.usage import usage_24h
from analytics.versions import VersionCalls, versions_called
from catalog.ends import Ends, with_own_dates
from catalog.models import Version
from keys.listing import ListedKey, keys_of
from plans.coverage import active_subscriptions
from plans.terms import WaitingTerms, waiting_among
from plans.usage import QuotaUse, quotas_spent
from plans.words import price_words
from portal.chart import day_chart
from portal.pages.attention import EXPIRED_WITHIN, EXPIRES_WITHIN, Item, key_item
from portal.pages.call_rows import call_rows
from portal.pages.terms_item import terms_item
from portal.pages.version_item import version_item

SHOWN_CALLS = 10
SHOWN_KEYS = 5
NEARLY_USED_UP = 0.8
LEAST_SHARE_OF_WINDOW = 0.05


class VersionInUse(NamedTuple):
    """A version and its calls of the last seven days."""

    version: Version
    calls: VersionCalls


def overview_of(application: Application, now: datetime) -> dict[str, Any]:
    """The context of `apps/overview.html`, with a constant number of queries."""
    keys = keys_of(application)
    subscriptions = active_subscriptions(application)
    prefetch_related_objects(subscriptions, "plan__limits")
    quotas = [quota_gauge(use, now) for use in quotas_spent(subscriptions, _environments(keys), now)]
    versions, ends = _in_use(application, now)
    usage = usage_24h(application.public_id, now)
    page = calls_of([application.public_id], CallFilters(), limit=SHOWN_CALLS)
    return {
        "subscriptions": [(one, price_words(one.plan)) for one in subscriptions],
        "quotas": quotas,
        "day": day_chart(usage, now),
        "rows": call_rows(page.calls, keys),
        "versions": versions,
        "keys": [key for key in keys if not key.is_revoked][:SHOWN_KEYS],
        "keys_in_use": sum(not key.is_revoked for key in keys),
        "attention": attention_to(application, keys, versions, ends, quotas, waiting_among(subscriptions), now),
        "now": now,
    }


def _environments(keys: list[ListedKey]) -> list[str]:
    """Those in which it has keys, live before test."""
    return sorted({key.credential.environment for key in keys if not key.is_revoked})


def _in_use(application: Application, now: datetime) -> tuple[list[VersionInUse], Ends]:
    called = versions_called(application.public_id, now)
    rows = Version.objects.filter(public_id__in=[row.version for row in called]).select_related("api").defer("document")
    versions, ends = with_own_dates(rows, [application], now)
    known = {row.public_id: row for row in versions}
    return [VersionInUse(known[row.version], row) for row in called if row.version in known], ends


class Gauge(NamedTuple):
    """A quota as components/meter.html draws it; `kind` is warn or critical near the end."""

    use: QuotaUse
    kind: str
    forecast: str
    resets_in: timedelta


def quota_gauge(use: QuotaUse, now: datetime) -> Gauge:
    """Where the spending leads if it goes on as it has since the window began."""
    resets_in = use.ends_at - now
    if use.spent is None:
        return Gauge(use, "", "", resets_in)
    if not use.left:
        return Gauge(use, "critical", "Used up: calls are refused with 429 until it resets.", resets_in)
    used_up_at = _used_up_at(use, now)
    forecast = f"At this pace used up on {date_format(used_up_at, 'j M, H:i')} UTC" if used_up_at else ""
    return Gauge(use, "warn" if used_up_at or _is_nearly_used_up(use) else "", forecast, resets_in)


def _used_up_at(use: QuotaUse, now: datetime) -> datetime | None:
    """None where it lasts, or where the window is too young to tell."""
    passed, whole = now - use.starts_at, use.ends_at - use.starts_at
    if not use.spent or passed < whole * LEAST_SHARE_OF_WINDOW:
        return None
    used_up_at = use.starts_at + passed * (use.limit.amount / use.spent)
    return used_up_at if used_up_at < use.ends_at else None


def _is_nearly_used_up(use: QuotaUse) -> bool:
    return use.spent is not None and use.spent >= use.limit.amount * NEARLY_USED_UP


def attention_to(
    application: Application,
    keys: list[ListedKey],
    versions: list[VersionInUse],
    ends: Ends,
    quotas: list[Gauge],
    waiting: list[WaitingTerms],
    now: datetime,
) -> list[Item]:
    """Worst first."""
    items = [
        *(key_item(key.credential, now) for key in keys if _is_near_its_end(key, now)),
        *(_quota_item(gauge) for gauge in quotas if gauge.kind and _is_nearly_used_up(gauge.use)),
        *(_version_item(application, row, ends, now) for row in versions if row.version.is_ageing),
        *(terms_item(row) for row in waiting),
    ]
    return sorted(items, key=lambda item: ("critical", "warn", "info").index(item.kind))


def _is_near_its_end(key: ListedKey, now: datetime) -> bool:
    ends_at = key.credential.expires_at
    if key.is_revoked or ends_at is None:
        return False
    return now - EXPIRED_WITHIN < ends_at <= now + EXPIRES_WITHIN


def _quota_item(gauge: Gauge) -> Item:
    use = gauge.use
    text = f"{use.spent:,} of {use.limit.amount:,} calls ({use.environment}) are spent; more are refused with 429."
    return Item(gauge.kind, f"The quota of {use.subscription.plan} ends soon", text, "/plans/", "Compare plans")


def _version_item(application: Application, row: VersionInUse, ends: Ends, now: datetime) -> Item:
    traffic = VersionTraffic(application.public_id, row.version.public_id, row.calls.last_7d, row.calls.last_at)
    return version_item(application, row.version, traffic, ends, now)
