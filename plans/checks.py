"""What makes a plan's limits and masks valid; every way in (form, YAML, command) passes here."""

from typing import Any

from django.core.exceptions import ValidationError

from contract.masking.rules import MaskRule, RuleError, check_rule

MOST_LIMITS = 16
MOST_MASKS = 200


def check_limit(limit: dict[str, Any]) -> None:
    """Raises ValidationError for a limit that could not be enforced as it reads."""
    name, kind = limit.get("name"), limit.get("kind")
    if not isinstance(limit.get("amount"), int) or limit["amount"] < 0:
        raise ValidationError(f"Limit {name!r}: amount must be a whole number from 0.")
    checks = {"rate": _check_rate, "quota": _check_quota, "concurrency": _check_concurrency}
    if kind not in checks:
        raise ValidationError(f"Limit {name!r}: kind is one of {', '.join(checks)}, not {kind!r}.")
    checks[kind](limit)


def _check_rate(limit: dict[str, Any]) -> None:
    period = limit.get("period_seconds")
    if not isinstance(period, int) or not 1 <= period <= 86_400:
        raise ValidationError(f"Limit {limit['name']!r}: a rate needs period_seconds from 1 to 86400.")
    if limit["amount"] < 1:
        raise ValidationError(f"Limit {limit['name']!r}: a rate needs an amount of at least 1.")


def _check_quota(limit: dict[str, Any]) -> None:
    if limit.get("window") not in ("day", "month"):
        raise ValidationError(f"Limit {limit['name']!r}: a quota needs window: day or month.")


def _check_concurrency(limit: dict[str, Any]) -> None:
    if limit["amount"] < 1:
        raise ValidationError(f"Limit {limit['name']!r}: calls at once must be at least 1.")


def check_mask(path: str, action: str, keep: int = 0, precision: str = "", is_required: bool = False) -> None:
    """Raises ValidationError for a rule that the gateways could not compile."""
    try:
        check_rule(MaskRule(path, action, keep, precision, is_required))
    except RuleError as error:
        raise ValidationError({"path": str(error)}) from None
