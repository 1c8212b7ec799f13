"""When a key's owner is reminded that it expires."""

from datetime import datetime, timedelta

REMINDER_DAYS = (14, 3, 0)


def due_reminder(expires_at: datetime | None, now: datetime) -> int | None:
    """The last reminder whose time has come, by its days before the expiry; None while none has."""
    if expires_at is None:
        return None
    return min((days for days in REMINDER_DAYS if now >= expires_at - timedelta(days=days)), default=None)
