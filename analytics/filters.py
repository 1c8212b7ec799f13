"""What a reader of the call log may ask for, from the query of an address to a checked value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import get_args

from django.core.exceptions import ValidationError
from django.db.models import Q

from contract.calls import Outcome

RANGES = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
OUTCOMES: tuple[str, ...] = get_args(Outcome)
_STATUS = re.compile(r"\A(?:[1-5]xx|[1-5][0-9]{2}|0)\Z")
_METHOD = re.compile(r"\A[A-Za-z]{1,16}\Z")
_NAME = re.compile(r"\A[A-Za-z0-9._-]{1,64}\Z")
_REFERENCE = re.compile(r"\AR-[A-Z0-9]{4,16}\Z")
LONGEST_MS = 3_600_000


@dataclass(frozen=True)
class CallFilters:
    """`status` is a class such as `4xx`, or exact; names are public ids; an empty text means all."""

    since: datetime | None = None
    until: datetime | None = None
    status: str = ""
    outcome: str = ""
    method: str = ""
    api: str = ""
    version: str = ""
    operation: str = ""
    credential: str = ""
    environment: str = ""
    address: str = ""
    request_id: str = ""
    min_ms: int = 0
    secret: str = ""
    restriction: str = ""

    def q(self) -> Q:
        """The condition on calls."""
        exact = (
            "outcome",
            "method",
            "api",
            "version",
            "operation",
            "credential",
            "environment",
            "address",
            "request_id",
            "secret",
        )
        condition = Q(**{name: value for name in exact if (value := getattr(self, name))})
        if self.since:
            condition &= Q(at__gte=self.since)
        if self.until:
            condition &= Q(at__lt=self.until)
        if self.status.endswith("xx"):
            condition &= Q(status__gte=int(self.status[0]) * 100, status__lt=int(self.status[0]) * 100 + 100)
        elif self.status:
            condition &= Q(status=int(self.status))
        if self.restriction:
            condition &= Q(restriction__gt="", restriction__contains=self.restriction)
        return condition & Q(duration_us__gte=self.min_ms * 1000) if self.min_ms else condition

    def without(self, *names: str) -> "CallFilters":
        """The same with some of the texts empty: a facet counts what choosing another value would show."""
        return replace(self, **dict.fromkeys(names, ""))


def parse_filters(query: Mapping[str, str], now: datetime, *, default_range: str = "") -> CallFilters:
    """Read `range` (1h, 24h, 7d, 30d) or `since` and `until` (ISO 8601), and the texts of CallFilters; `key` names
    the credential. Other names are left to others. Raises ValidationError by field."""
    problems: dict[str, str] = {}

    def read(name: str, fits: "re.Pattern[str] | tuple[str, ...]", hint: str) -> str:
        value = query.get(name, "").strip()
        good = fits.match(value) if isinstance(fits, re.Pattern) else value in fits
        if value and not good:
            problems[name] = f"{value[:40]!r} is not {hint}."
        return value

    since, until = _span(query, now, default_range, problems)
    filters = CallFilters(
        since=since,
        until=until,
        status=read("status", _STATUS, "a status such as 404 or 4xx"),
        outcome=read("outcome", OUTCOMES, f"one of {', '.join(OUTCOMES)}"),
        method=read("method", _METHOD, "a method such as GET").upper(),
        api=read("api", _NAME, "an API's id"),
        version=read("version", _NAME, "a version's id"),
        operation=read("operation", _NAME, "an operation's id"),
        credential=read("key", _NAME, "a key's id"),
        environment=read("environment", ("test", "live"), "test or live"),
        address=_address(query.get("address", "").strip(), problems),
        request_id=read("request_id", _NAME, "a request id"),
        min_ms=_milliseconds(query.get("min_ms", "").strip(), problems),
        secret=read("secret", _NAME, "a secret's id"),
        restriction=read("restriction", _REFERENCE, "a restriction's reference such as R-7K2M9Q"),
    )
    if problems:
        raise ValidationError(problems)
    return filters


def _span(
    query: Mapping[str, str], now: datetime, default_range: str, problems: dict[str, str]
) -> tuple[datetime | None, datetime | None]:
    since = _moment("since", query, problems)
    until = _moment("until", query, problems)
    chosen = query.get("range", "").strip() or ("" if since or until else default_range)
    if chosen and chosen not in RANGES:
        problems["range"] = f"{chosen[:40]!r} is not one of {', '.join(RANGES)}."
    elif chosen and (since or until):
        problems["range"] = "Give a range, or since and until."
    elif chosen:
        since = now - RANGES[chosen]
    if since and until and since >= until:
        problems["until"] = "The end lies before the beginning."
    return since, until


def _moment(name: str, query: Mapping[str, str], problems: dict[str, str]) -> datetime | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        problems[name] = f"{text[:40]!r} is not a time such as 2027-01-31T12:00:00Z."
        return None


def _address(text: str, problems: dict[str, str]) -> str:
    """In the form in which the log keeps it."""
    try:
        return str(ip_address(text)) if text else ""
    except ValueError:
        problems["address"] = f"{text[:40]!r} is not an IP address."
        return ""


def _milliseconds(text: str, problems: dict[str, str]) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= LONGEST_MS):
        problems["min_ms"] = f"{text[:40]!r} is not a number of milliseconds up to {LONGEST_MS}."
        return 0
    return int(text)
