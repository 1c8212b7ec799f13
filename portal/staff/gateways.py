"""How the gateways stand, in words; a lost Valkey is one of the answers."""

from datetime import timedelta

import redis
import structlog
from django.http import HttpRequest
from django.utils import timezone

from audit.models import Event
from audit.receipts import Receipt, answering_gateways, await_receipts

log = structlog.get_logger(__name__)
PATIENCE_SECONDS = 1.0
"""How long a page waits for the gateways to apply what it has just saved; usual is a tenth of it."""


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


def gateway_names() -> list[str] | None:
    """The gateways that answer; None where Valkey does not."""
    try:
        return answering_gateways()
    except redis.RedisError:
        return None
