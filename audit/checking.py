"""The look at the chain that the schedule takes: what is new, and once a day all of it."""

from datetime import timedelta

import structlog
from django.utils import timezone

from audit.anchor import GENESIS, Head
from audit.models import ChainCheck
from audit.verifying import Broken, verify

log = structlog.get_logger(__name__)
ALL_EVERY = timedelta(days=1)


def last_check() -> ChainCheck | None:
    """What the last look found; None before the first."""
    return ChainCheck.objects.first()


def check_chain() -> ChainCheck:
    """Read on from where the last look ended; from the first link where a day has passed or something was wrong.

    Raises OSError where the anchor cannot be read.
    """
    check = last_check() or ChainCheck()
    begins = _begins_after(check)
    check.at = timezone.now()
    try:
        whole = verify(begins)
    except Broken as broken:
        log.critical("audit_chain_broken", kind=broken.kind, seq=broken.seq, audit_event=broken.event)
        check.finding = str(broken)
    else:
        check.finding, check.seq, check.mac = "", whole.head.seq, whole.head.mac
        check.event_name = whole.event or check.event_name
        check.whole_at = check.at if begins == GENESIS else check.whole_at
    check.save()
    return check


def _begins_after(check: ChainCheck) -> Head:
    is_fresh = check.whole_at is not None and check.whole_at > timezone.now() - ALL_EVERY
    return Head(check.seq, check.mac) if is_fresh and check.mac and not check.finding else GENESIS
