"""The fields of an answer, with what the reader's plan gets of each and which plan gives more."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from catalog.fields import fields_of
from catalog.models import Operation
from contract.masking.rules import MaskRule
from plans.models import Plan
from plans.visibility import Sight
from plans.words import treatment_words
from portal.reference.reading import Reading

VISIBLE = "visible"


class FieldRow(NamedTuple):
    """`description` is CommonMark. `seen` is what this plan gets in a word, `note` names what each plan gets where they
    differ or mask."""

    path: str
    type: str
    description: str
    is_masked: bool
    seen: str
    note: str


def field_rows(operation: Operation, reading: Reading) -> list[FieldRow]:
    """The fields of an operation's success answers."""
    sights = [Sight.of(plan, operation) for plan in reading.plans]
    shown = next(sight for sight in sights if sight.plan == reading.plan)
    rows = []
    for field in fields_of(operation):
        treatments = [(sight.plan, sight.masked_on(field)) for sight in sights]
        rule = shown.masked_on(field)
        seen, note = seen_words(rule), plans_note(treatments)
        rows.append(FieldRow(field.path, field.type, field.description, rule is not None, seen, note))
    return rows


def masked_names(operation: Operation, plan: Plan) -> list[str]:
    """The last names of the fields that a plan masks, each once."""
    sight = Sight.of(plan, operation)
    if not sight.rules:
        return []
    masked = [field for field in fields_of(operation) if sight.masked_on(field)]
    return list(dict.fromkeys(field.path.rpartition(".")[2] for field in masked))


def seen_words(rule: MaskRule | None) -> str:
    """`visible`, or what the mask leaves."""
    return VISIBLE if rule is None else treatment_words(rule)


def plans_note(treatments: Sequence[tuple[Plan, MaskRule | None]]) -> str:
    """`Masked on Free, last 4 on Pro, visible from Partner`; nothing where every plan shows the field."""
    words = [seen_words(rule) for _, rule in treatments]
    if all(word == VISIBLE for word in words):
        return ""
    first = words.index(VISIBLE) if VISIBLE in words else len(words)
    stays = all(word == VISIBLE for word in words[first:])
    listed = first if stays else len(words)
    runs = groupby(zip(words[:listed], treatments, strict=False), key=lambda pair: pair[0])
    parts = [f"{word} on {' and '.join(str(plan) for _, (plan, _) in run)}" for word, run in runs]
    if stays and first < len(words):
        parts.append(f"visible from {treatments[first][0]}")
    sentence = ", ".join(parts)
    return sentence[:1].upper() + sentence[1:]
