"""Mask rules as admins save them and as plan records carry them to the gateways."""

import msgspec

from contract.masking.generalise import PrecisionError, parse_precision
from contract.masking.paths import PathError, parse_path

ACTIONS = ("remove", "redact", "hash", "partial", "truncate", "generalise")
MAX_KEEP = 1000


class RuleError(ValueError):
    """The rule cannot be used. The message is one sentence for the admin: what is wrong, where, what to do."""


class MaskRule(msgspec.Struct, frozen=True):
    """What to do with the fields that a path names.

    Published inside plan records: grows only at the end, with defaults.

    `path`: RFC 9535 JSONPath, see `paths`. `action`: one of `ACTIONS`.
    `keep`: characters that `partial` leaves at the end, or `truncate` at the start.
    `precision`: for `generalise`; "year", "month" or "day" for dates, a step such as "10" for numbers.
    `required`: an answer in which the path names nothing is withheld.
    """

    path: str
    action: str
    keep: int = 0
    precision: str = ""
    required: bool = False


def check_rule(rule: MaskRule) -> None:
    """Raises RuleError if the rule cannot be compiled or could not do what its author means."""
    _check_types(rule)
    if rule.action not in ACTIONS:
        raise RuleError(f"The action {rule.action!r} of {rule.path} is unknown: choose one of {', '.join(ACTIONS)}.")
    if rule.action in ("partial", "truncate") and not 1 <= rule.keep <= MAX_KEEP:
        raise RuleError(f"The rule for {rule.path} keeps {rule.keep} characters: keep 1 to {MAX_KEEP}, or use redact.")
    try:
        parse_path(rule.path)
        if rule.action == "generalise":
            parse_precision(rule.precision)
    except PathError as error:
        raise RuleError(str(error)) from error
    except PrecisionError as error:
        raise RuleError(f"The precision {rule.precision!r} of {rule.path} {error}.") from error


def _check_types(rule: MaskRule) -> None:
    """Structs check their types when decoded, not when built in Python."""
    try:
        msgspec.convert(msgspec.structs.asdict(rule), MaskRule)
    except msgspec.ValidationError as error:
        raise RuleError(f"The rule for {rule.path!r} has a setting of the wrong kind: {error}.") from error
