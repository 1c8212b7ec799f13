"""The address of a choice: the page of a new restriction, filled in."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.http import urlencode

from contract.records import Restriction
from portal.staff.restrict_query import NAMES, PARAMETERS
from portal.staff.restrict_requirement import pairs_of

Pairs = list[tuple[str, str | int]]


def address_of(record: Restriction, about: Iterable[str] = (), view: str = "restriction_new") -> str:
    """`about` are texts such as `application:app_…`: known, but not chosen."""
    pairs: Pairs = [(name, value) for name in NAMES if (value := getattr(record, PARAMETERS.get(name, name)))]
    pairs += [("network", network) for network in record.networks]
    pairs += [("how", record.how), *_throttle(record), *_masks(record), *pairs_of(record.requirement)]
    return f"{reverse(f'staff:{view}')}?{urlencode([*pairs, *(('about', text) for text in about)])}"


def _throttle(record: Restriction) -> Pairs:
    one = record.throttle
    if one is None:
        return []
    burst: Pairs = [("burst", one.burst)] if one.burst else []
    return [("amount", one.amount), ("period_seconds", one.period_seconds), *burst]


def _masks(record: Restriction) -> Pairs:
    """One action holds for all fields of the form."""
    fields: Pairs = [("field", rule.path) for rule in record.masks]
    rule = record.masks[0] if record.masks else None
    return [*fields, *((name, value) for name, value in _treatment(rule) if value)] if rule else []


def _treatment(rule: object) -> Pairs:
    return [(name, getattr(rule, name)) for name in ("action", "keep", "precision")]
