"""Erasing what the audit log says about a person. What was done stays, and the chain over it stays whole."""

import re
from collections.abc import Iterable

from django.db import models

from audit.actors import Actor
from audit.models import PersonalText
from audit.verifying import ERASURE
from audit.writing import record_event, write


@write
def erase_person(person: models.Model, addresses: Iterable[str], *, actor: Actor, reason: str = "") -> int:
    """Forget every text that is about the person, by `public_id`, or mentions one of their e-mail addresses.

    Answers how many. The event of the erasure names the person by id only; `reason` should not name them either.
    """
    about = PersonalText.objects.filter(subject=person.public_id, erasure="")  # type: ignore[attr-defined]
    found = {*about.values_list("pk", flat=True), *(pk for address in addresses for pk in _mentioning(address))}
    event = record_event(actor, ERASURE, person, changes={"texts": [len(found), 0]}, reason=reason, object_label="")
    for some in _batched(sorted(found)):
        PersonalText.objects.filter(pk__in=some).update(salt="", text="", erasure=event.public_id)
    return len(found)


def _batched(numbers: list[int], size: int = 1000) -> Iterable[list[int]]:
    """Within what SQLite takes in one statement."""
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def _mentioning(address: str) -> Iterable[int]:
    """The address as a whole: ann@x.example is not in joann@x.example."""
    whole = re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", re.IGNORECASE)
    rows = PersonalText.objects.filter(text__icontains=address, erasure="").values_list("pk", "text")
    return [pk for pk, text in rows.iterator() if whole.search(text)] if address else []
