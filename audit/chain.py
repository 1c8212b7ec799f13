"""The chain over the events: each link's HMAC covers its event and the link before it.

Writers insert events unchained, so none waits for another. One chainer, under a lock, gives the committed ones their
places within a second, under a key that is not in the database. So nobody who can only write to the database can alter,
remove, insert or reorder what is chained without `verify_audit` finding it.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import UTC

import structlog
from django.db import transaction

from audit.anchor import GENESIS, Head, append_head, last_head
from audit.locks import only_one
from audit.models import ChainLink, Event, Unchained
from contract.settings import settings

log = structlog.get_logger(__name__)
BATCH_EVENTS = 200
"""Chained in one transaction: more would keep SQLite's writers waiting."""


class ChainBroken(RuntimeError):
    """The database's chain is not the one whose head was anchored. Nothing is chained on, so that no trace is lost."""


def chain_waiting() -> int:
    """Chain a batch of the events that wait, in the order of their numbers; returns how many.

    Raises ChainBroken, and OSError where the anchor cannot be written.
    """
    with only_one("audit-chain") as is_ours:
        return _chain_batch() if is_ours and Unchained.objects.exists() else 0


def _chain_batch() -> int:
    head = _trusted_head()
    with transaction.atomic():
        waiting = list(Event.objects.filter(unchained__isnull=False).order_by("id")[:BATCH_EVENTS])
        links = links_after(head, waiting)
        ChainLink.objects.bulk_create(links)
        Unchained.objects.filter(event__in=waiting).delete()
    if links:
        append_head(settings().anchor_path, Head(links[-1].seq, links[-1].mac))
    return len(links)


def _trusted_head() -> Head:
    """The database's last link, once the anchored one is found in its place."""
    link = ChainLink.objects.order_by("-seq").first()
    head = Head(link.seq, link.mac) if link else GENESIS
    anchored = last_head(settings().anchor_path)
    if anchored is None:
        if link:
            log.warning("audit_anchor_begun_anew", seq=head.seq)
            append_head(settings().anchor_path, head)
    elif not ChainLink.objects.filter(seq=anchored.seq, mac=anchored.mac).exists():
        raise ChainBroken(f"link {anchored.seq} is anchored, but is not in the database")
    return head


def links_after(head: Head, events: Iterable[Event]) -> list[ChainLink]:
    """Unsaved links for the events, one after the other."""
    links, key = [], settings().secret_bytes("audit_key")
    for event in events:
        seq = head.seq + 1
        mac = mac_of(key, seq, head.mac, event)
        links.append(ChainLink(seq=seq, event=event, event_name=event.public_id, previous=head.mac, mac=mac))
        head = Head(seq, mac)
    return links


def mac_of(key: bytes, seq: int, previous: str, event: Event) -> str:
    """HMAC-SHA-256 (RFC 2104), hex, over a link's place, the link before it and its event."""
    covered = json.dumps([seq, previous, *_facts(event)], sort_keys=True, separators=(",", ":"))
    return hmac.new(key, covered.encode(), hashlib.sha256).hexdigest()


def _facts(event: Event) -> list[object]:
    """Every column, as read from the database: what it stores of a number or a time is what counts."""
    return [
        event.pk,
        event.public_id,
        event.at.astimezone(UTC).isoformat(),
        event.actor_kind,
        event.actor_id,
        event.organisation,
        event.action,
        event.object_kind,
        event.object_id,
        event.changes,
        event.personal,
        event.request_id,
        event.records,
    ]
