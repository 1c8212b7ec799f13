"""The same call in four languages, ready to run once PC_KEY holds a key, strings and keywords marked for the eye."""

import json
import re
import shlex
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from catalog.documents import Node
from portal.reference.examples import media_example
from portal.reference.parameters import Input, body_media, parameters_of


class SampleCall(NamedTuple):
    """A call to write down. `body` is JSON text or ""."""

    method: str
    url: str
    body: str = ""
    content_type: str = ""


class Sample(NamedTuple):
    """The call in one language, as marked-up code."""

    language: str
    name: str
    code: SafeString


def sample_call(document: Node, method: str, path: str, base_url: str) -> SampleCall:
    """A call that fills in the examples of what is required. `base_url` ends without a slash."""
    inputs = parameters_of(document, method, path)
    filled = re.sub(r"\{([^{}]+)\}", lambda found: _path_value(inputs, found[1]), path)
    required = {i.name: _text(i.example) for i in inputs if i.place == "in the query" and i.is_required}
    url = base_url + filled + (f"?{urlencode(required)}" if required else "")
    content_type, media = body_media(document, method, path)
    if "json" not in content_type:
        return SampleCall(method, url)
    body = json.dumps(media_example(document, media), indent=2, ensure_ascii=False)
    return SampleCall(method, url, body, content_type)


def _path_value(inputs: list[Input], name: str) -> str:
    found = next((i.example for i in inputs if i.place == "in the path" and i.name == name), None)
    return f"{{{name}}}" if found is None else quote(_text(found), safe="")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def samples_of(call: SampleCall) -> list[Sample]:
    """curl first: it is the one that everybody can run."""
    return [
        Sample("curl", "curl", _curl(call)),
        Sample("python", "Python", _python(call)),
        Sample("javascript", "JavaScript", _javascript(call)),
        Sample("go", "Go", _go(call)),
    ]


def _string(literal: str) -> SafeString:
    return format_html('<span class="s">{}</span>', literal)


def _keyword(word: str) -> SafeString:
    return format_html('<span class="k">{}</span>', word)


def _quoted(text: str) -> SafeString:
    """A string literal that JavaScript, Go and Python read alike."""
    return _string(json.dumps(text, ensure_ascii=False))


def _join(parts: list[str | SafeString]) -> SafeString:
    return mark_safe("".join(conditional_escape(part) for part in parts))  # noqa: S308 (each part is escaped)


def _curl(call: SampleCall) -> SafeString:
    return curl_of(call, ())


def curl_of(call: SampleCall, headers: Iterable[tuple[str, str]]) -> SafeString:
    """The call as curl sends it, with more headers."""
    break_ = " \\\n  "
    method = [] if call.method == "GET" else ["-X ", call.method, " "]
    parts: list[str | SafeString] = ["curl ", *method, "-H ", _string('"Authorization: Bearer $PC_KEY"'), break_]
    for name, value in headers:
        parts += ["-H ", _string(shlex.quote(f"{name}: {value}")), break_]
    if call.body:
        parts += ["-H ", _string(shlex.quote(f"Content-Type: {call.content_type}")), break_]
        parts += ["-d ", _string(shlex.quote(call.body)), break_]
    return _join([*parts, shlex.quote(call.url)])


def _python(call: SampleCall) -> SafeString:
    parts: list[str | SafeString] = [_keyword("import"), " os, httpx\n\n", "answer = httpx.request(\n"]
    parts += ["    ", _quoted(call.method), ",\n    ", _quoted(call.url), ",\n    headers={"]
    parts += [_string('"Authorization"'), ": ", _string("f\"Bearer {os.environ['PC_KEY']}\"")]
    if call.body:
        parts += [
            ", ",
            _string('"Content-Type"'),
            ": ",
            _quoted(call.content_type),
            "},\n    content=",
            _raw(call, _triple),
        ]
        return _join([*parts, ",\n)\nprint(answer.raise_for_status().text)"])
    return _join([*parts, "},\n)\nprint(answer.raise_for_status().text)"])


def _triple(body: str) -> str:
    return 'r"""' + body + '"""' if '"""' not in body and "\\" not in body else json.dumps(body, ensure_ascii=False)


def _javascript(call: SampleCall) -> SafeString:
    parts: list[str | SafeString] = [
        _keyword("const"),
        " answer = ",
        _keyword("await"),
        " fetch(",
        _quoted(call.url),
        ", {\n",
    ]
    if call.method != "GET":
        parts += ["  method: ", _quoted(call.method), ",\n"]
    parts += ["  headers: { Authorization: ", _string("`Bearer ${process.env.PC_KEY}`")]
    if call.body:
        parts += [", ", _string('"Content-Type"'), ": ", _quoted(call.content_type), " },\n  body: JSON.stringify("]
        parts += [_string(call.body.replace("\n", "\n  ")), "),\n"]
    else:
        parts += [" },\n"]
    return _join([*parts, "});\nconsole.log(", _keyword("await"), " answer.text());"])


def _go(call: SampleCall) -> SafeString:
    body: list[str | SafeString] = ["strings.NewReader(", _raw(call, _backticks), ")"] if call.body else ["nil"]
    parts: list[str | SafeString] = [
        "request, _ := http.NewRequest(",
        _quoted(call.method),
        ",\n\t",
        _quoted(call.url),
        ", ",
    ]
    parts += [*body, ")\nrequest.Header.Set(", _string('"Authorization"'), ", ", _string('"Bearer "')]
    parts += ["+os.Getenv(", _string('"PC_KEY"'), "))\n"]
    if call.body:
        parts += ["request.Header.Set(", _string('"Content-Type"'), ", ", _quoted(call.content_type), ")\n"]
    return _join([*parts, "answer, err := http.DefaultClient.Do(request)"])


def _backticks(body: str) -> str:
    return json.dumps(body, ensure_ascii=False) if "`" in body else f"`{body}`"


def _raw(call: SampleCall, literal: Callable[[str], str]) -> SafeString:
    return _string(literal(call.body))
