"""An example as a plan's subscribers receive it: masked by the masker that the gateways use, drawn with its bars."""

import json
from typing import Any, NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.models import Operation
from contract.masking.masker import Withheld, compile_masker
from contract.masking.rules import MaskRule
from plans.models import Plan
from plans.served.document import EXAMPLE_HASH_KEY
from plans.visibility import rules_for
from portal.reference.examples import ExampleAnswer, answer_example

_INDENT = "  "
_REMOVED = object()


class SeenExample(NamedTuple):
    """The success answer: its status and description, and its value as marked-up JSON ("" for none).

    `is_masked` says whether a rule met something; `is_withheld` that nothing of the answer would get through.
    """

    status: int
    description: str
    code: SafeString
    is_masked: bool = False
    is_withheld: bool = False


def example_as_seen(operation: Operation, plan: Plan) -> SeenExample | None:
    """The example answer of an operation as a plan's subscribers receive it; None where none is documented."""
    example = answer_example(operation.version.document, operation.method, operation.path)
    if example is None:
        return None
    if not example.has_body:
        return SeenExample(example.status, example.description, SafeString(""))
    return show_masked(example, rules_for(plan, operation))


def show_masked(example: ExampleAnswer, rules: list[MaskRule]) -> SeenExample:
    """The example after the rules, with each masked or removed value marked."""
    body = json.dumps(example.value).encode()
    try:
        masked = compile_masker(rules, hash_key=EXAMPLE_HASH_KEY, hash_key_id="k1", subject="example").mask(body)
    except Withheld:
        return SeenExample(example.status, example.description, SafeString(""), is_masked=True, is_withheld=True)
    code = _draw(example.value, json.loads(masked.body), 0)
    return SeenExample(example.status, example.description, code, is_masked=bool(rules))


def _draw(before: Any, after: Any, depth: int) -> SafeString:
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [(name, _draw(before[name], after.get(name, _REMOVED), depth + 1)) for name in before]
        return json_block("{", [format_html("{}: {}", _text(name), value) for name, value in pairs], "}", depth)
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        items = [_draw(old, new, depth + 1) for old, new in zip(before, after, strict=True)]
        return json_block("[", items, "]", depth)
    if after is _REMOVED:
        return format_html('<span class="masked">{}</span>', "removed")
    if _text(before) != _text(after):
        return format_html('<span class="masked">{}</span>', _text(after))
    return format_html('<span class="s">{}</span>' if isinstance(after, str) else "{}", _text(after))


def json_block(opening: str, lines: list[SafeString], closing: str, depth: int) -> SafeString:
    """An object or a list of which each member or element is drawn already."""
    if not lines:
        return format_html("{}{}", opening, closing)
    inner, outer = "\n" + _INDENT * (depth + 1), "\n" + _INDENT * depth
    drawn = format_html_join(f",{inner}", "{}", ((line,) for line in lines))
    return format_html("{}{}{}{}{}", opening, inner, drawn, outer, closing)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
