"""What a call from the documentation brought, as the page shows it."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from django.utils.safestring import SafeString

from analytics.models import Call
from contract.problems import PROBLEMS
from portal.gateway_client import Answer, Question
from portal.pages.call_words import Explanation, explain
from portal.pages.json_text import indented
from portal.reference.samples import SampleCall, curl_of

MOST_READ_BYTES = MOST_SHOWN_CHARACTERS = 64 * 1024
_PROBLEM = re.compile(r"/problems/([a-z0-9-]+)/\Z")
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_TEXT = ("text/", "application/xml", "application/x-www-form-urlencoded", "application/problem+xml")
_UNSEEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160)), "�")
"""Control characters, which no page may contain."""


class Tried(msgspec.Struct):
    """A call and its answer. `status` 0: none came."""

    method: str
    url: str
    status: int = 0
    content_type: str = ""
    body: str = ""
    request_id: str = ""
    took_ms: float = 0
    headers: list[tuple[str, str]] = []
    is_text: bool = True
    is_cut: bool = False
    sent: list[tuple[str, str]] = []
    sent_body: str = ""

    @classmethod
    def of(cls, question: Question, answer: Answer | None) -> "Tried":
        """None: nobody answered."""
        asked = cls(question.method, question.url, sent=list(question.headers), sent_body=_text(question.body))
        if answer is None:
            return asked
        found: Mapping[str, Any] = answer._asdict()
        for name in ("status", "content_type", "body", "took_ms", "is_text", "is_cut"):
            setattr(asked, name, found[name])
        asked.headers = list(answer.headers)
        asked.request_id = answer.request_id if _ID.fullmatch(answer.request_id) else ""
        return asked

    @property
    def problem(self) -> str:
        """The slug of a problem of ours (RFC 9457), "" for any other answer."""
        if self.content_type != "application/problem+json":
            return ""
        match = _PROBLEM.search(str(self.document.get("type", "")))
        return match[1] if match and match[1] in PROBLEMS else ""

    @property
    def document(self) -> dict[str, Any]:
        """The body as a JSON object; {} where it is none."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def explanation(self) -> Explanation | None:
        """Cause and fix; None for what went well, and for what never was answered."""
        if not self.status:
            return None
        return explain(Call(status=self.status, problem=self.problem, outcome="answered"))

    @property
    def is_shown(self) -> bool:
        """Whether the body can be read: JSON, or some other text."""
        kind = self.content_type
        return self.is_text and ("json" in kind or kind.startswith(_TEXT)) and "Content-Encoding" not in self.by_name

    @property
    def by_name(self) -> dict[str, str]:
        """The headers, by name in title case."""
        return {name.title(): value for name, value in self.headers}

    @property
    def limits(self) -> list[tuple[str, str]]:
        """What the answer says of limits."""
        names = ("Ratelimit-Policy", "Ratelimit", "Retry-After")
        return [(name.replace("Ratelimit", "RateLimit"), self.by_name[name]) for name in names if name in self.by_name]

    @property
    def curl(self) -> SafeString:
        """The same call from a terminal, with a key of the reader's own."""
        kind = next((value for name, value in self.sent if name == "Content-Type"), "")
        others = [(name, value) for name, value in self.sent if name not in ("Content-Type", "Accept")]
        return curl_of(SampleCall(self.method, self.url, self.sent_body, kind), others)


class Shown(NamedTuple):
    """The body as text, "" where none can be shown; `is_cut`: there is more of it."""

    text: str
    is_cut: bool


def shown_body(tried: Tried) -> Shown:
    """Indented where it is whole JSON; without what a page may not contain."""
    if not tried.is_shown:
        return Shown("", False)
    text = tried.body if tried.is_cut or "json" not in tried.content_type else _pretty(tried.body)
    text = text.translate(_UNSEEN)
    return Shown(text[:MOST_SHOWN_CHARACTERS], tried.is_cut or len(text) > MOST_SHOWN_CHARACTERS)


def _pretty(body: str) -> str:
    try:
        return indented(body)
    except RecursionError:
        return body


def _text(body: bytes | None) -> str:
    return (body or b"").decode()
