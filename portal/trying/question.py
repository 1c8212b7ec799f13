"""From a form that is in order to the call that it means: always to an address below the version's own."""

import re
from urllib.parse import quote

from catalog.models import Operation
from portal.gateway_client import Question
from portal.trying.form import TryForm
from portal.trying.inputs import Given
from portal.trying.writing import Pairs, one_text, path_part, query_pairs, query_string

MOST_ADDRESS_CHARACTERS = 7_000
_PARAMETER = re.compile(r"\{([^{}/]+)\}")
_LITERAL = "/-._~!$&'()*+,=:@%"


def question_of(form: TryForm, operation: Operation, gateway_base: str) -> Question:
    """The call. Without the body's line ends of a form: JSON takes either."""
    values = [(one, form.cleaned_data[name]) for name, one in form.givens.items()]
    sent = [(one, value) for one, value in values if value not in ("", [])]
    body = form.cleaned_data.get("body", "").replace("\r\n", "\n")
    headers = [(one.name, one_text(one, value)) for one, value in sent if one.place == "header"]
    if body:
        headers.append(("Content-Type", form.body_type))
    version = operation.version
    path = f"/{version.api.slug}/{version.name}{_path(operation.path, sent)}"
    pairs: Pairs = [pair for one, value in sent if one.place == "query" for pair in query_pairs(one, value)]
    address = f"{gateway_base}{path}{query_string(pairs)}"
    return Question(operation.method, address, tuple(headers), body.encode() if body else None)


def _path(template: str, sent: list[tuple[Given, object]]) -> str:
    """A parameter that the document forgot to describe stays in its braces, percent-encoded."""
    parts = {one.name: path_part(one, value) for one, value in sent if one.place == "path"}
    pieces = _PARAMETER.split(template)
    named = [parts.get(name, quote(f"{{{name}}}")) for name in pieces[1::2]]
    literals = [quote(text, safe=_LITERAL) for text in pieces[::2]]
    return "".join(text for pair in zip(literals, [*named, ""], strict=True) for text in pair)
