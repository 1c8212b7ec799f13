"""Mask an answer, or withhold it: nothing of the upstream's body leaves before the masker has returned."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from contract.masking.bodies import check_plain, is_plain_label, readable_body
from contract.masking.declared import DeclaredFields
from contract.masking.headers import masked_headers
from contract.masking.masker import Masked, Masker, compile_masker
from contract.masking.rules import MaskRule
from contract.masking.withheld import Withheld
from contract.records import Mask
from gateway.answer import Pairs, passed_headers
from gateway.records_cache import Cell
from gateway.upstream import UpstreamHead


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


class Label(NamedTuple):
    """What an answer's head says of its body, as far as masking asks; `is_plain`: it is JSON without more ado."""

    status: int
    content_type: str | None
    content_encoding: str | None
    content_range: str | None
    is_plain: bool


def label_of(answer: UpstreamHead) -> Label:
    """Values that came several times are joined by commas already."""
    names = (b"content-type", b"content-encoding", b"content-range")
    content_type, coding, part = (_text(answer.values.get(name)) for name in names)
    is_plain = is_plain_label(
        status=answer.status, content_type=content_type, content_encoding=coding, content_range=part
    )
    return Label(answer.status, content_type, coding, part, is_plain)


def mask_answer(
    masker: Masker, answer: UpstreamHead, body: bytes, *, max_bytes: int, declared: DeclaredFields | None = None
) -> MaskedAnswer:
    """`answer` and `body` are the upstream's. With `declared`, other fields go as well, after the rules have seen them.
    Raises Withheld, whatever goes wrong."""
    masked = mask_body(masker, declared, label_of(answer), body, max_bytes)
    return MaskedAnswer(passed_when_masked(answer), masked.body, masked.fields)


def mask_body(masker: Masker, declared: DeclaredFields | None, label: Label, body: bytes, max_bytes: int) -> Masked:
    """The body of a masked answer. Raises Withheld, whatever goes wrong."""
    try:
        if label.is_plain and declared is None:
            # What `_masked` would do, in one step for the most frequent kind of answer.
            check_plain(body, max_bytes)
            return masker.mask(body)
        return _masked(masker, declared, label, body, max_bytes)
    except Withheld:
        raise
    except Exception as error:
        withheld = Withheld("internal")
        # As `from` would do, which machine code (gateway.compiled) does not.
        withheld.__cause__ = error
        raise withheld from error


def _masked(masker: Masker, declared: DeclaredFields | None, label: Label, body: bytes, max_bytes: int) -> Masked:
    readable, is_lines = _readable(label, body, max_bytes)
    masked = masker.mask_lines(readable) if is_lines else masker.mask(readable)
    if declared is None:
        return masked
    keep = declared.keep_lines if is_lines else declared.keep
    return masked._replace(body=keep(masked.body, label.status))


def _readable(label: Label, body: bytes, max_bytes: int) -> tuple[bytes, bool]:
    status, content_type, content_encoding, content_range, is_plain = label
    if is_plain:
        check_plain(body, max_bytes)
        return body, False
    return readable_body(
        status=status,
        content_type=content_type,
        content_encoding=content_encoding,
        body=body,
        max_bytes=max_bytes,
        content_range=content_range,
    )


def passed_when_masked(answer: UpstreamHead) -> Pairs:
    """The header fields of a masked answer. None of those that pass is of one hop, unless `Connection` lists it."""
    connection = answer.values.get(b"connection")
    return masked_headers(passed_headers(answer.headers, connection) if connection else answer.headers)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
