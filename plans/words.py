"""Limits, prices and masks as people read them."""

from contract.masking.rules import MaskRule
from plans.models import Limit, Plan

_PERIODS = {1: "a second", 60: "a minute", 3600: "an hour", 86_400: "a day"}
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}


def limit_name(limit: Limit) -> str:
    """What a limit counts: `Calls a second`, `Calls a month`, `Calls at once`."""
    if limit.kind == "concurrency":
        return "Calls at once"
    if limit.kind == "quota":
        return f"Calls a {limit.window}"
    return f"Calls {_PERIODS.get(limit.period_seconds, f'in {limit.period_seconds:,} seconds')}"


def limit_amount(limit: Limit) -> str:
    """How much it lets through: `10, up to 20 at once`."""
    if limit.kind == "rate" and limit.burst > limit.amount:
        return f"{limit.amount:,}, up to {limit.burst:,} at once"
    return f"{limit.amount:,}"


def limit_words(limit: Limit) -> str:
    """`10,000 calls a month`, `10 calls a second, up to 20 at once`."""
    amount, _, burst = limit_amount(limit).partition(", up")
    words = f"{amount} {limit_name(limit).lower()}"
    return f"{words}, up{burst}" if burst else words


def price_words(plan: Plan) -> str:
    """`€49.00`, and `€0` for what costs nothing."""
    symbol = _SYMBOLS.get(plan.currency, f"{plan.currency} ")
    return f"{symbol}{plan.price_cents / 100:,.2f}" if plan.price_cents else f"{symbol}0"


def treatment_words(rule: MaskRule) -> str:
    """What a mask leaves of a field: `last 4`, `only the year`, `removed`."""
    words = {"remove": "removed", "redact": "masked", "hash": "hashed"}
    words |= {"partial": f"last {rule.keep}", "truncate": f"first {rule.keep}"}
    if rule.action != "generalise":
        return words[rule.action]
    return f"in steps of {rule.precision}" if rule.precision.isdigit() else f"only the {rule.precision}"
