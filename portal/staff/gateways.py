"""How the gateways stand, in words; a lost Valkey is one of the answers."""

from datetime import timedelta
from typing import NamedTuple

import redis
import structlog
from django.http import HttpRequest
from django.utils import timezone

from audit.models import Event
from audit.publishing import is_published
from audit.receipts import Receipt, answering_gateways, await_receipts, receipts_of

log = structlog.get_logger(__name__)
PATIENCE_SECONDS = 1.0
"""How long a page waits for the gateways to apply what it has just saved; usual is a tenth of it."""

RECEIPTS_KEPT = timedelta(minutes=10)
"""How long each gateway's receipt is looked for: the streams that hold them are trimmed."""


def gateway_state() -> dict[str, str]:
    """`kind` (ok, warn, critical) and `text` for the head of every console."""
    try:
        count = len(answering_gateways())
    except redis.RedisError:
        return {"kind": "critical", "text": "Valkey does not answer"}
    if not count:
        return {"kind": "warn", "text": "No gateway answers"}
    return {"kind": "ok", "text": f"{count} gateway{'s' if count > 1 else ''} answering"}


def in_force(request: HttpRequest) -> str:
    """A sentence on how far what this request has written is in force."""
    records = _published_by(request)
    if not records:
        return ""
    try:
        return _sentence(await_receipts(records, PATIENCE_SECONDS))
    except redis.RedisError:
        return "Valkey does not answer; it will be published when Valkey is back."


def _published_by(request: HttpRequest) -> list[tuple[str, int]]:
    since = timezone.now() - timedelta(minutes=5)
    events = Event.objects.filter(at__gte=since, request_id=request.request_id)  # type: ignore[attr-defined]
    return [(name, version) for event in events for name, version in event.records]


def _sentence(receipts: list[Receipt]) -> str:
    took = [receipt.took_seconds for receipt in receipts if receipt.took_seconds is not None]
    if not receipts:
        return "Published; no gateway answers just now."
    if len(took) < len(receipts):
        return f"Published; in force at {len(took)} of {len(receipts)} gateways so far."
    return f"In force at {len(took)} of {len(receipts)} gateways after {max(*took, 0.01):.2f} s."


class Enforcement(NamedTuple):
    """How far an act is in force; `receipts` while they are kept."""

    kind: str
    text: str
    receipts: list[Receipt]


def enforcement_of(event: Event) -> Enforcement:
    """By the receipts of what the act published; one that is long past has none any more."""
    try:
        receipts = receipts_of((name, version) for name, version in event.records)
    except redis.RedisError:
        return Enforcement("critical", "Valkey does not answer", [])
    took = [receipt.took_seconds for receipt in receipts if receipt.took_seconds is not None]
    if receipts and len(took) == len(receipts):
        return Enforcement("ok", f"Enforced {len(took)} of {len(took)} gateways after {max(took):.2f} s", receipts)
    if not took and event.at < timezone.now() - RECEIPTS_KEPT and _are_published(event):
        return Enforcement("ok", "Enforced at every gateway that answers", [])
    return Enforcement("warn", f"Enforced {len(took)} of {len(receipts)} gateways so far", receipts)


def _are_published(event: Event) -> bool:
    return all(is_published(*name.split(":", 1)) for name, _ in event.records)


def gateway_names() -> list[str] | None:
    """The gateways that answer; None where Valkey does not."""
    try:
        return answering_gateways()
    except redis.RedisError:
        return None
