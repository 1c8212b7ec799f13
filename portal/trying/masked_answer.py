"""A masked answer, drawn with its bars as the reference draws examples; numbers keep their text."""

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.fields import ELEMENT, Step, fields_of
from catalog.models import Operation
from contract.masking.rules import MaskRule
from plans.models import Plan
from plans.visibility import Progress, Sight
from plans.words import treatment_words
from portal.reference.example_answer import json_block


class _Number(str):
    __slots__ = ()


def draw_masked(text: str, rules: list[MaskRule]) -> SafeString | None:
    """The JSON of an answer with each value marked that a rule selects; None for what is not JSON."""
    try:
        value = json.loads(text, parse_int=_Number, parse_float=_Number)
        return _draw(value, Progress.of(rules), 0)
    except (ValueError, RecursionError):
        return None


def _draw(value: Any, progress: Progress, depth: int) -> SafeString:
    if progress.hits:
        return format_html('<span class="masked">{}</span>', _plain(value))
    if isinstance(value, dict):
        pairs = [(name, _draw(each, progress.after(Step("name", name)), depth + 1)) for name, each in value.items()]
        return json_block("{", [format_html("{}: {}", _plain(name), drawn) for name, drawn in pairs], "}", depth)
    if isinstance(value, list):
        inside = progress.after(ELEMENT)
        return json_block("[", [_draw(each, inside, depth + 1) for each in value], "]", depth)
    is_string = isinstance(value, str) and not isinstance(value, _Number)
    return format_html('<span class="s">{}</span>' if is_string else "{}", _plain(value))


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


def masked_fields(operation: Operation, plan: Plan) -> list[tuple[str, str]]:
    """The documented fields of an answer that a plan masks, each with what is left of it."""
    sight = Sight.of(plan, operation)
    found = [(field.path, sight.masked_on(field)) for field in fields_of(operation)]
    return [(path, treatment_words(rule)) for path, rule in found if rule is not None]
