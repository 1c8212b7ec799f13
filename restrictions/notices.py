"""What those whom a restriction is about may know of it: its reference and the public advice, never the reason."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from accounts.models import Application
from keys.models import Credential
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


def advice_on(references: str) -> list[tuple[str, str]]:
    """References of a call's row, each with its advice, which may be empty. One query, none for a call without any."""
    wanted = references.split()
    known = dict(Restriction.objects.filter(reference__in=wanted).values_list("reference", "advice")) if wanted else {}
    return [(reference, known.get(reference, "")) for reference in wanted]
