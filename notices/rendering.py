"""From a template of `templates/mail/` to a subject and a plain text."""

import json
import re
from typing import Any

from django.template import Context, engines

from contract.key_format import SCANNER_REGEX
from contract.settings import settings

_KEY = re.compile(SCANNER_REGEX)
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SUBJECT = "Subject: "
MOST_SUBJECT_CHARACTERS = 200


def render(kind: str, context: dict[str, Any]) -> tuple[str, str]:
    """(subject, body) of `templates/mail/<kind>.txt`, whose first line is `Subject: …`.

    Raises TypeError for a context that is not JSON, ValueError for a template without a subject and for a text with
    one of our keys in it: keys are shown on a page, once.
    """
    json.dumps(context)
    text = _fill(f"mail/{kind}.txt", {"brand": settings().brand, "portal_url": settings().portal_base, **context})
    subject, _, body = text.partition("\n")
    if not subject.startswith(_SUBJECT):
        raise ValueError(f"mail/{kind}.txt does not begin with a subject")
    if _KEY.search(text):
        raise ValueError(f"mail/{kind}.txt would hold a key")
    return subject.removeprefix(_SUBJECT).strip()[:MOST_SUBJECT_CHARACTERS], body.strip() + "\n"


def _fill(name: str, context: dict[str, Any]) -> str:
    """Plain text, so nothing is escaped for HTML."""
    template = engines["django"].get_template(name).template
    return str(template.render(Context(_on_one_line(context), autoescape=False)))


def _on_one_line(value: Any) -> Any:
    """Texts without line breaks: a name must not write paragraphs of its own into our letters. What has several
    lines is handed in as a list."""
    if isinstance(value, str):
        return _BREAKS.sub(" ", value)
    if isinstance(value, dict):
        return {name: _on_one_line(each) for name, each in value.items()}
    return [_on_one_line(each) for each in value] if isinstance(value, (list, tuple)) else value
