"""Calls as rows of a list."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from analytics.models import Call
from keys.listing import ListedKey, ends_of_secrets
from portal.pages.call_words import explain


class CallRow(NamedTuple):
    """A call, the last characters of its secret, why it did not go well, and the reference of what restricted it."""

    call: Call
    key_end: str
    why: str


def call_rows(calls: Iterable[Call], keys: Iterable[ListedKey]) -> list[CallRow]:
    """In the order given. `keys` are the application's."""
    calls = list(calls)
    ends = {key.credential.public_id: key.stub[-4:] for key in keys} | ends_of_secrets(call.secret for call in calls)
    return [_row(call, ends) for call in calls]


def _row(call: Call, ends: Mapping[str, str]) -> CallRow:
    found = explain(call)
    why = " ".join(filter(None, (found.why if found else "", call.restriction)))
    return CallRow(call, ends.get(call.secret) or ends.get(call.credential, ""), why)
