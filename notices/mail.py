"""Letters: written inside a write, sent by the worker, tried again for a day.

A letter is a row of the outbox, so it goes out exactly where its write has committed, and what cannot be sent now
waits. It arrives twice where a sender dies between the mail server's answer and our note of it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.utils import timezone

from audit.actors import SYSTEM
from audit.writing import is_writing, record_event, write
from contract.sealed import seal_text
from contract.settings import settings
from notices.models import PURPOSE, Letter
from notices.rendering import render

log = structlog.get_logger(__name__)
GIVES_UP_AFTER = timedelta(days=1)
KEPT_FOR = timedelta(days=30)
FIRST_PAUSE_SECONDS = 15
LONGEST_PAUSE_SECONDS = 2 * 3600
BATCH_LETTERS = 100


def post(kind: str, to: str, context: dict[str, Any], *, organisation: str = "") -> Letter:
    """Put a letter into the outbox of the write under way; `templates/mail/<kind>.txt` is its text.

    `context` is JSON; `brand` and `portal_url` are added. Line breaks in its texts become blanks. Raises RuntimeError
    outside a write, ValidationError for an address that is none, TypeError and ValueError as `render` does.
    """
    if not is_writing():
        raise RuntimeError("a letter outside a write")
    validate_email(to)
    subject, body = render(kind, context)
    sealed = seal_text(body, settings().secret_bytes("storage_key"), PURPOSE)
    return Letter.objects.create(kind=kind, to=to, subject=subject, sealed_body=sealed, organisation=organisation)


def send_waiting() -> int:
    """Send the letters that are due, a batch at most; returns how many went out. One that fails holds up no other."""
    due = Letter.objects.filter(state="waiting", next_try_at__lte=timezone.now()).order_by("next_try_at", "id")
    return sum(_try(letter) for letter in due[:BATCH_LETTERS])


def forget_old() -> None:
    """Delete letters that are long done: who got what is personal."""
    Letter.objects.exclude(state="waiting").filter(created_at__lt=timezone.now() - KEPT_FOR).delete()


def forget_letters_to(addresses: Collection[str]) -> None:
    """Delete letters to a person who is to be forgotten, the waiting ones too."""
    for address in addresses:
        Letter.objects.filter(to__iexact=address).delete()


def _try(letter: Letter) -> bool:
    if not _claim(letter):
        return False
    try:
        _message(letter).send()
    except Exception as error:
        # Whatever a mail server or a library throws at us: noted by its class, as texts may quote the letter.
        _note_failure(letter, type(error).__name__)
        return False
    Letter.objects.filter(pk=letter.pk).update(state="sent", sent_at=timezone.now(), sealed_body="", error="")
    return True


def _claim(letter: Letter) -> bool:
    """Of two senders one gets it. The next try is set beforehand, so that a sender's death costs one pause."""
    letter.tries += 1
    mine = Letter.objects.filter(pk=letter.pk, state="waiting", tries=letter.tries - 1)
    return bool(mine.update(tries=letter.tries, next_try_at=_next_try(letter.tries, timezone.now())))


def _next_try(tries: int, now: datetime) -> datetime:
    """Each pause is twice the last one."""
    return now + timedelta(seconds=min(FIRST_PAUSE_SECONDS * 2 ** min(tries - 1, 16), LONGEST_PAUSE_SECONDS))


def _message(letter: Letter) -> EmailMessage:
    """The same id at every try, so that mailboxes can drop a second copy; marked as written by a machine (RFC 3834)."""
    sender = django_settings.DEFAULT_FROM_EMAIL
    domain = sender.rpartition("@")[2].rstrip("> ")
    headers = {"Message-ID": f"<{letter.public_id}@{domain}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(letter.subject, letter.body, sender, [letter.to], headers=headers)


def _note_failure(letter: Letter, error: str) -> None:
    log.warning("letter_not_sent", letter=letter.public_id, kind=letter.kind, tries=letter.tries, error=error)
    if timezone.now() - letter.created_at >= GIVES_UP_AFTER:
        _give_up(letter, error)
    else:
        Letter.objects.filter(pk=letter.pk).update(error=error[:64])


@write
def _give_up(letter: Letter, error: str) -> None:
    changes = {"state": ["waiting", "given up"], "error": [None, error], "tries": [None, letter.tries]}
    Letter.objects.filter(pk=letter.pk).update(state="given up", error=error[:64], sealed_body="")
    record_event(SYSTEM, "letter.given_up", letter, organisation=letter.organisation, changes=changes)
