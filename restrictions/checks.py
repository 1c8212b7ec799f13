"""What makes a restriction valid; every way in (form, command) passes here."""

from datetime import datetime
from ipaddress import ip_network

from django.core.exceptions import ValidationError

from contract.masking.rules import RuleError, check_rule
from contract.records import Restriction
from keys.writes import checked_networks
from plans.checks import LONGEST_PERIOD_SECONDS, MOST_CALLS
from restrictions.records import TEXT_AXES
from restrictions.requirement_checks import check_requirement

MOST_MASKS = 50
HOWS = ("block", "throttle", "mask", "require")


def check_restriction(record: Restriction, *, may_be_everyone: bool) -> None:
    """Raises ValidationError by field. Whether what it names exists is not looked at here."""
    if record.how not in HOWS:
        raise ValidationError({"how": f"It is one of {', '.join(HOWS)}, not {record.how!r}."})
    checked_networks(record.networks)
    if is_everyone(record) and not may_be_everyone:
        raise ValidationError({"confirm": "It names nobody and nothing, so it meets every call. Type everyone."})
    _check_throttle(record)
    _check_masks(record)
    check_requirement(record)


def is_everyone(record: Restriction) -> bool:
    """Whether no axis narrows it: it meets every call of everyone."""
    is_narrow = any(getattr(record, axis) for axis in TEXT_AXES)
    everywhere = not record.networks or any(ip_network(text).prefixlen == 0 for text in record.networks)
    return not is_narrow and everywhere


def _check_throttle(record: Restriction) -> None:
    throttle = record.throttle
    if (throttle is not None) != (record.how == "throttle"):
        raise ValidationError({"amount": "To throttle takes a number of calls; nothing else takes one."})
    if throttle is None:
        return
    if not (_is_count(throttle.amount, 1, MOST_CALLS) and _is_count(throttle.burst, 0, MOST_CALLS)):
        raise ValidationError({"amount": f"The calls let through are a whole number from 1 to {MOST_CALLS:,}."})
    if not _is_count(throttle.period_seconds, 1, LONGEST_PERIOD_SECONDS):
        raise ValidationError({"period_seconds": f"The period has from 1 to {LONGEST_PERIOD_SECONDS:,} seconds."})


def _is_count(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _check_masks(record: Restriction) -> None:
    if bool(record.masks) != (record.how == "mask"):
        raise ValidationError({"fields": "To mask takes at least one field; nothing else takes any."})
    if len(record.masks) > MOST_MASKS:
        raise ValidationError({"fields": f"A restriction masks at most {MOST_MASKS} fields."})
    for rule in record.masks:
        try:
            check_rule(rule)
        except RuleError as error:
            raise ValidationError({"fields": str(error)}) from None


def check_times(starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> None:
    """Raises ValidationError for an end that lies behind, or before the start."""
    if ends_at is not None and ends_at <= max(now, starts_at or now):
        raise ValidationError({"ends_at": "The end must lie ahead, and after the start."})


def checked_reason(reason: str) -> str:
    """Raises ValidationError where there is none, or too much."""
    reason = reason.strip()
    if not reason or len(reason) > 500:
        raise ValidationError({"reason": "Give a reason of at most 500 characters."})
    return reason


def checked_advice(advice: str) -> str:
    """Raises ValidationError for more than fits into an answer."""
    advice = " ".join(advice.split())
    if len(advice) > 300:
        raise ValidationError({"advice": "The advice has at most 300 characters."})
    return advice
