"""What an address of `/admin/restrictions/new/` asks for: who × what × how, and what else is known of the case.

`?key=…&operation=…&how=block` chooses; `about=application:app_…` is known besides, so that the page can offer it;
`add=` is an id, a key's first and last characters, a network or a scope, whatever somebody has at hand.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from django.core.exceptions import ValidationError
from django.http import QueryDict

from contract.masking.rules import ACTIONS, MaskRule
from contract.records import Restriction, Throttle
from keys.models import Secret
from portal.staff.query_words import LONGEST_VALUE, canonical_network, is_network, whole, words_in
from portal.staff.restrict_requirement import is_empty, requirement_in
from restrictions.checks import check_restriction
from restrictions.subjects import Subject, Subjects, subjects_of

PARAMETERS = {"key": "credential"}
"""Parameters that are called otherwise than their axis; networks and fields may come several times."""
NAMES = ("plan", "organisation", "application", "key", "user", "api", "version", "scope", "operation")
_AXIS_OF_PREFIX = {
    "org": "organisation",
    "app": "application",
    "key": "key",
    "usr": "user",
    "pln": "plan",
    "api": "api",
    "ver": "version",
    "opn": "operation",
}
_PUBLIC_ID = re.compile(r"\A(org|app|key|usr|pln|api|ver|opn)_[A-Za-z0-9]{1,28}\Z")


class Asked(NamedTuple):
    """`known` by axis, the chosen things among it; `networks` likewise. `problems` by field."""

    record: Restriction
    known: Subjects
    networks: tuple[str, ...]
    problems: dict[str, list[str]]

    @property
    def can_be_previewed(self) -> bool:
        """Whether it makes sense, and says what it masks or requires."""
        return not self.problems and not is_begun(self.record)


def read(query: QueryDict) -> Asked:
    """Three or four queries. Wrong values become problems, never an exception."""
    record = _record(query)
    about, networks = _about(query)
    known, problems = _known(record, about)
    try:
        check_restriction(record, may_be_everyone=True)
    except ValidationError as error:
        problems |= {} if is_begun(record) else error.message_dict
    return Asked(record, known, tuple(dict.fromkeys([*record.networks, *networks])), problems)


def is_begun(record: Restriction) -> bool:
    """Whether it masks or requires, and what is not chosen yet."""
    return (record.how == "mask" and not record.masks) or (record.how == "require" and is_empty(record.requirement))


def _record(query: QueryDict) -> Restriction:
    axes = {PARAMETERS.get(name, name): query.get(name, "").strip()[:LONGEST_VALUE] for name in NAMES}
    how: Any = query.get("how", "") or "block"
    return Restriction(
        id="",
        how=how,
        reference="",
        **axes,
        networks=tuple(canonical_network(text) for text in words_in(query, "network")),
        throttle=_throttle(query) if how == "throttle" else None,
        masks=_masks(query) if how == "mask" else (),
        requirement=requirement_in(query) if how == "require" else None,
    )


def _throttle(query: QueryDict) -> Throttle:
    return Throttle(whole(query, "amount", 1), whole(query, "period_seconds", 1), whole(query, "burst", 0))


def _masks(query: QueryDict) -> tuple[MaskRule, ...]:
    """One action for all fields. A path may hold spaces, so that each stands in a parameter or on a line of its own."""
    lines = (line.strip() for text in query.getlist("field") for line in text.splitlines())
    action, precision = query.get("action", "") or "redact", query.get("precision", "").strip()
    rule = MaskRule("", action if action in ACTIONS else "redact", whole(query, "keep", 0), precision[:16])
    return tuple(msgspec.structs.replace(rule, path=path) for path in dict.fromkeys(lines) if path)


def _about(query: QueryDict) -> tuple[dict[str, str], list[str]]:
    pairs = [text[:LONGEST_VALUE].partition(":") for text in query.getlist("about")[:20]]
    axes = {PARAMETERS.get(name, name): value for name, _, value in pairs if name in NAMES and value}
    return axes, [canonical_network(value) for name, _, value in pairs if name == "network" and is_network(value)]


def _known(record: Restriction, about: dict[str, str]) -> tuple[Subjects, dict[str, list[str]]]:
    """What is known besides is left out where it does not go with the choice."""
    besides = {axis: value for axis, value in about.items() if not getattr(record, axis)}
    try:
        return subjects_of(msgspec.structs.replace(record, **besides)), {}
    except ValidationError:
        pass
    try:
        return subjects_of(record), {}
    except ValidationError as error:
        return _as_typed(record, error.message_dict), error.message_dict


def _as_typed(record: Restriction, problems: Iterable[str]) -> Subjects:
    return {axis: Subject(value, value) for axis in problems if (value := getattr(record, axis, ""))}


def understood(text: str) -> tuple[str, str] | None:
    """Parameter and value of what somebody typed into `add`; None where it is nothing of ours. One query at most."""
    text = text.strip()[:LONGEST_VALUE]
    if match := _PUBLIC_ID.match(text):
        return _AXIS_OF_PREFIX[match[1]], text
    if is_network(text):
        return "network", canonical_network(text)
    prefix, dots, last4 = text.replace("...", "…").partition("…")
    if dots:
        found = Secret.objects.filter(prefix=prefix, last4=last4).select_related("credential").first()
        return ("key", found.credential.public_id) if found else None
    return ("scope", text) if ":" in text and " " not in text else None
