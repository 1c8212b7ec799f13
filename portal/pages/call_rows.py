"""Calls as rows of a list."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from analytics.models import Call
from keys.listing import ListedKey
from portal.pages.call_words import explain


class CallRow(NamedTuple):
    """A call, the last characters of its key, and, where it did not go well, why in one sentence, with the reference of
    what restricted it."""

    call: Call
    key_end: str
    why: str


def call_rows(calls: Iterable[Call], keys: Iterable[ListedKey]) -> list[CallRow]:
    """In the order given. `keys` are the application's."""
    stubs: Mapping[str, str] = {key.credential.public_id: key.stub for key in keys}
    return [_row(call, stubs) for call in calls]


def _row(call: Call, stubs: Mapping[str, str]) -> CallRow:
    found = explain(call)
    why = " ".join(filter(None, (found.why if found else "", call.restriction)))
    return CallRow(call, (call.secret or stubs.get(call.credential, ""))[-4:], why)
