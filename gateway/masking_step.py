"""Mask an answer, or withhold it: nothing of the upstream's body leaves before the masker has returned."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from contract.masking.bodies import readable_body
from contract.masking.declared import DeclaredFields
from contract.masking.headers import masked_headers
from contract.masking.masker import Masker, compile_masker
from contract.masking.rules import MaskRule
from contract.masking.withheld import Withheld
from contract.records import Mask
from gateway.answer import Pairs, passed_headers
from gateway.records_cache import Cell


class MaskedAnswer(NamedTuple):
    """What may leave; `fields` are the rule paths that hit something."""

    headers: Pairs
    body: bytes
    fields: tuple[str, ...]


def rules_for(masks: tuple[Mask, ...], *, api: str, version: str, operation: str) -> tuple[MaskRule, ...]:
    """The rules that select an operation. A shadow call (no operation) gets all rules of its version.

    Whatever an undocumented path answers may hold what any operation's rules withhold; but nothing is required of it.
    """
    chosen = [mask for mask in masks if mask.api in ("", api) and mask.version in ("", version)]
    if not operation:
        return without_required(mask.rule for mask in chosen)
    return tuple(mask.rule for mask in chosen if mask.operation in ("", operation))


def without_required(rules: Iterable[MaskRule]) -> tuple[MaskRule, ...]:
    """Rules that withhold nothing where their field is not there."""
    return tuple(msgspec.structs.replace(rule, required=False) for rule in rules)


def compile_rules(
    rules: tuple[MaskRule, ...], *, hash_key: bytes, subject: str, is_filtered: bool = False
) -> Masker | None:
    """None where nothing is masked or filtered. Raises RuleError, on which the call must be refused."""
    if not rules and not is_filtered:
        return None
    return compile_masker(rules, hash_key=hash_key, hash_key_id="1", subject=subject)


def declared_fields(cell: Cell | None) -> DeclaredFields:
    """What an operation's answers declare, compiled once and kept with its record. Raises SchemaError."""
    if cell is None:
        return DeclaredFields(None)
    if cell.compiled is None:
        cell.compiled = {}
    if "answers" not in cell.compiled:
        cell.compiled["answers"] = DeclaredFields(cell.record.answers)
    compiled: DeclaredFields = cell.compiled["answers"]
    return compiled


def mask_answer(
    masker: Masker,
    *,
    status: int,
    headers: Pairs,
    body: bytes,
    max_bytes: int,
    declared: DeclaredFields | None = None,
) -> MaskedAnswer:
    """`headers` are the upstream's, all of them. With `declared`, other fields go as well, after the rules have seen
    them. Raises Withheld, whatever goes wrong."""
    try:
        return _masked(masker, declared, status, headers, body, max_bytes)
    except Withheld:
        raise
    except Exception as error:
        raise Withheld("internal") from error


def _masked(
    masker: Masker, declared: DeclaredFields | None, status: int, headers: Pairs, body: bytes, max_bytes: int
) -> MaskedAnswer:
    readable, is_lines = readable_body(
        status=status,
        content_type=_joined(headers, b"content-type"),
        content_encoding=_joined(headers, b"content-encoding"),
        body=body,
        max_bytes=max_bytes,
        content_range=_joined(headers, b"content-range"),
    )
    masked = masker.mask_lines(readable) if is_lines else masker.mask(readable)
    kept = masked.body
    if declared is not None:
        kept = declared.keep_lines(kept, status) if is_lines else declared.keep(kept, status)
    return MaskedAnswer(masked_headers(passed_headers(headers)), kept, masked.fields)


def _joined(headers: Pairs, wanted: bytes) -> str | None:
    values = [value.decode("latin-1") for name, value in headers if name.lower() == wanted]
    return ", ".join(values) if values else None
