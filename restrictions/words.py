"""A restriction in a sentence: `Block key Patient sync on GET /patients/{id}`."""

from collections.abc import Mapping

from contract.records import Restriction, Throttle
from plans.words import treatment_words
from restrictions.requirement_words import short_words

AXES = {
    "plan": "Plan",
    "organisation": "Organisation",
    "application": "Application",
    "credential": "Key",
    "user": "Person",
    "networks": "Network",
    "api": "API",
    "version": "Version",
    "scope": "Scope",
    "operation": "Operation",
}
"""What people call each axis; the wide before the narrow, who before what."""
WHO, WHAT = tuple(AXES)[:6], tuple(AXES)[6:]
PERIODS = {1: "a second", 60: "a minute", 3600: "an hour", 86_400: "a day"}
_PHRASES = {
    "credential": "key {}",
    "application": "{}",
    "organisation": "{}",
    "user": "keys made by {}",
    "plan": "plan {}",
    "operation": "on {}",
    "scope": "in scope {}",
    "version": "in {}",
    "api": "in {}",
}


def sentence(record: Restriction, names: Mapping[str, str]) -> str:
    """Verb, who and what. `names` by public id; what has none is called by its id."""
    who, what = who_words(record, names), what_words(record, names)
    if record.how == "mask":
        fields = ", ".join(f"{rule.path} ({treatment_words(rule)})" for rule in record.masks)
        return f"Mask {fields or 'fields'} for {who}{what}"
    if record.requirement is not None:
        return f"Require {short_words(record.requirement)} for {who}{what}"
    pace = f" to {pace_words(record.throttle)}" if record.throttle else ""
    return f"{record.how.title()} {who}{what}{pace}"


def who_words(record: Restriction, names: Mapping[str, str]) -> str:
    """`key Patient sync from 203.0.113.0/24`; `everyone` where nobody is named."""
    axes = [axis for axis in reversed(WHO) if axis != "networks" and getattr(record, axis)]
    people = ", ".join(_PHRASES[axis].format(_name(record, axis, names)) for axis in axes)
    networks = f" from {', '.join(record.networks)}" if record.networks else ""
    return (people or "everyone") + networks


def what_words(record: Restriction, names: Mapping[str, str]) -> str:
    """With a space before it; empty where it is everything."""
    axes = [axis for axis in reversed(WHAT) if getattr(record, axis)]
    return "".join(f" {_PHRASES[axis].format(_name(record, axis, names))}" for axis in axes)


def _name(record: Restriction, axis: str, names: Mapping[str, str]) -> str:
    value = getattr(record, axis)
    return names.get(value, value)


def pace_words(throttle: Throttle) -> str:
    """`1 call a second`, `20 calls in 90 seconds, up to 40 at once`."""
    period = PERIODS.get(throttle.period_seconds, f"in {throttle.period_seconds:,} seconds")
    burst = f", up to {throttle.burst:,} at once" if throttle.burst > throttle.amount else ""
    return f"{throttle.amount:,} call{'' if throttle.amount == 1 else 's'} {period}{burst}"
