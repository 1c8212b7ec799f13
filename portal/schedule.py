"""What runs by itself: a line each. The worker runs those that are due, one after the other."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from django.utils import timezone

from accounts.session_store import SessionStore
from audit.checking import check_chain
from audit.locks import only_one
from catalog import imports
from guides.schedule import publish_due
from keys.old_tokens import forget_old_tokens
from keys.reminders import send_reminders
from keys.signing_keys import rotate_when_due
from notices import mail
from portal.models import ScheduledRun
from restrictions.writes import retire_ended

log = structlog.get_logger(__name__)


class Line(NamedTuple):
    """`function` takes nothing; it may run again after a crash in the middle, so it does what is left to do."""

    name: str
    every_seconds: int
    function: Callable[[], object]


SCHEDULE = (
    Line("check the audit chain", 60, check_chain),
    Line("forget old imports", 3600, imports.forget_old),
    Line("forget old letters", 3600, mail.forget_old),
    Line("forget sessions that have ended", 3600, SessionStore.clear_expired),
    Line("remind of keys that expire", 300, send_reminders),
    Line("publish guides that are due", 30, publish_due),
    Line("note ended restrictions", 15, retire_ended),
    Line("rotate the keys of access tokens", 3600, rotate_when_due),
    Line("forget old access tokens", 3600, forget_old_tokens),
)


def run_due(lines: tuple[Line, ...] = SCHEDULE) -> None:
    """Run each line that is due and that no other worker is running. One that fails holds up no other."""
    started = dict(ScheduledRun.objects.values_list("name", "started_at"))
    for line in lines:
        if line.name not in started or started[line.name] <= _latest_start(line):
            with only_one(f"schedule-{line.name.replace(' ', '-')}") as is_ours:
                if is_ours and _begin(line):
                    _run(line)


def _latest_start(line: Line) -> datetime:
    """Begun then or before, it is due."""
    return timezone.now() - timedelta(seconds=line.every_seconds)


def _begin(line: Line) -> bool:
    """Note the start; False where another worker has just run it."""
    ScheduledRun.objects.get_or_create(name=line.name, defaults={"started_at": datetime.min.replace(tzinfo=UTC)})
    due = ScheduledRun.objects.filter(name=line.name, started_at__lte=_latest_start(line))
    return bool(due.update(started_at=timezone.now()))


def _run(line: Line) -> None:
    try:
        line.function()
    except Exception:
        log.exception("scheduled_line_failed", line=line.name)
