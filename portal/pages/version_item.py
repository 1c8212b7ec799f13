"""A version on its way out that an application still calls, as something to look at."""

from datetime import datetime

from django.utils.formats import date_format

from accounts.models import Application
from analytics.activity import VersionTraffic
from catalog.ends import Ends, Window
from catalog.models import State, Version
from portal.pages.attention_item import Item


def version_item(
    application: Application, version: Version, traffic: VersionTraffic, ends: Ends, now: datetime
) -> Item:
    """On the application's own dates, with its calls of seven days."""
    calls = f"{traffic.calls:,} call{'' if traffic.calls == 1 else 's'} of {application} in 7 days."
    url = f"/apps/{application.public_id}/logs/?version={version.public_id}&range=7d"
    kind, title = _words(version, application, ends, now)
    brownout = ends.brownout(version, application)
    if brownout is None or ends.is_over(version, application, now):
        return Item(kind, title, calls, url, "See the calls")
    kind = "critical" if brownout.starts_at <= now else kind
    return Item(kind, title, f"{_brownout_words(brownout, now)} {calls}", url, "See the calls")


def _words(version: Version, application: Application, ends: Ends, now: datetime) -> tuple[str, str]:
    if ends.is_over(version, application, now):
        return "critical", f"{version} answers no more"
    ends_at = ends.sunset(version, application)
    if ends_at is not None:
        return "warn", f"{version} answers no more from {date_format(ends_at, 'j M Y')}"
    if version.standing_at(now) == State.LIVE and version.deprecated_at is not None:
        return "info", f"{version} will be deprecated on {date_format(version.deprecated_at, 'j M Y')}"
    return "warn", f"{version} is deprecated"


def _brownout_words(brownout: Window, now: datetime) -> str:
    end = date_format(brownout.ends_at, "j M, H:i")
    if brownout.starts_at <= now:
        return f"It refuses calls until {end} UTC, a brownout."
    return f"A brownout refuses its calls from {date_format(brownout.starts_at, 'j M, H:i')} to {end} UTC."
