"""Calls as the start page shows them: the first answered one is a landmark, the others say what mends them."""

from datetime import timedelta
from typing import NamedTuple

from accounts.models import Application
from analytics.models import Call
from portal.pages.call_words import Explanation, explain


class ArrivalRow(NamedTuple):
    """`is_first`: the application's first answered call, which came `after` the application was made."""

    call: Call
    explanation: Explanation | None
    is_first: bool
    after: timedelta


def arrival_rows(application: Application, calls: list[Call], first_request_id: str) -> list[ArrivalRow]:
    """In the order given."""
    return [
        ArrivalRow(call, explain(call), call.request_id == first_request_id, call.at - application.created_at)
        for call in calls
    ]


def took(application: Application) -> timedelta | None:
    """From making the application to its first answered call."""
    return application.first_call_at - application.created_at if application.first_call_at else None
