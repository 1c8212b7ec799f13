"""What those whom a restriction is about may know of it: its reference and the public advice, never the reason."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from accounts.models import Application
from keys.models import Credential
from restrictions.conditions import condition_of
from restrictions.models import Restriction

MOST_SHOWN = 20


def about(applications: Iterable[Application], now: datetime) -> list[Restriction]:
    """Those in force that name one of these applications, its organisation or a key of it. One query.

    What is withheld from a plan, a network or an API is told with each refused call, not here.
    """
    own = Application.objects.filter(pk__in=[application.pk for application in applications])
    theirs = (
        Q(application__in=own.values("public_id"))
        | Q(organisation__in=own.values("organisation__public_id"))
        | Q(credential__in=Credential.objects.filter(application__in=own).values("public_id"))
    )
    return list(Restriction.objects.active(now).filter(theirs)[:MOST_SHOWN])


class Told(NamedTuple):
    """A restriction as those may read it whom it met. `words` say what a condition asks for, else they are empty."""

    reference: str
    advice: str = ""
    words: str = ""


def told_of(references: str) -> list[Told]:
    """References of a call's row, each with what may be said of it. One query, none for a call without any."""
    wanted = references.split()
    rows = Restriction.objects.filter(reference__in=wanted) if wanted else []
    known = {row.reference: Told(row.reference, row.advice, _words(row)) for row in rows}
    return [known.get(reference, Told(reference)) for reference in wanted]


def _words(row: Restriction) -> str:
    return "; ".join(condition_of(row).words) if row.how == "require" else ""
