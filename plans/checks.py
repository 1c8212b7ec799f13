"""What makes a plan's limits and masks valid; every way in (form, YAML, command) passes here."""

from typing import Any, NoReturn

from django.core.exceptions import ValidationError

from contract.masking.rules import MaskRule, RuleError, check_rule

MOST_LIMITS = 16
MOST_MASKS = 200
MOST_CALLS = 1_000_000_000
"""Counters stay exact in Lua's numbers far beyond it."""
LONGEST_PERIOD_SECONDS = 86_400
FIELDS = {"rate": {"period_seconds", "burst"}, "quota": {"window", "anchored"}, "concurrency": set[str]()}
"""By kind, the fields that mean something to it."""


def check_limit(limit: dict[str, Any]) -> None:
    """Raises ValidationError for a limit that could not be enforced as it reads."""
    kind = limit.get("kind")
    if kind not in FIELDS:
        _refuse(limit, f"kind is one of {', '.join(FIELDS)}, not {kind!r}")
    for field in ("period_seconds", "burst", "window", "anchored"):
        if limit.get(field) and field not in FIELDS[kind]:
            _refuse(limit, f"{field} means nothing to a {kind}")
    least = 0 if kind == "quota" else 1
    if not _is_count(limit.get("amount"), least):
        _refuse(limit, f"amount must be a whole number, at least {least} and at most {MOST_CALLS}")
    if kind in _CHECKS:
        _CHECKS[kind](limit)


def _is_count(value: Any, least: int, most: int = MOST_CALLS) -> bool:
    return type(value) is int and least <= value <= most


def _refuse(limit: dict[str, Any], problem: str) -> NoReturn:
    raise ValidationError(f"Limit {limit.get('name')!r}: {problem}.")


def _check_rate(limit: dict[str, Any]) -> None:
    if not _is_count(limit.get("period_seconds"), 1, LONGEST_PERIOD_SECONDS):
        _refuse(limit, f"a rate needs period_seconds from 1 to {LONGEST_PERIOD_SECONDS}")
    if not _is_count(limit.get("burst", 0), 0):
        _refuse(limit, f"burst must be a whole number from 0 to {MOST_CALLS}")


def _check_quota(limit: dict[str, Any]) -> None:
    if limit.get("window") not in ("day", "month"):
        _refuse(limit, "a quota needs window: day or month")


_CHECKS = {"rate": _check_rate, "quota": _check_quota}


def check_mask(path: str, action: str, keep: int = 0, precision: str = "", is_required: bool = False) -> None:
    """Raises ValidationError for a rule that the gateways could not compile."""
    try:
        check_rule(MaskRule(path, action, keep, precision, is_required))
    except RuleError as error:
        raise ValidationError({"path": str(error)}) from None
