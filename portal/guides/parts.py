"""The text of a guide as what its page and its Markdown draw, one after the other."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from guides.blocks import CALLOUTS, LANGUAGES
from guides.models import Guide, GuideRendition
from plans.access import Reader
from portal.guides.embedded import Embedded, embedded_for
from portal.guides.pictures import renditions_of
from portal.guides.texts import Anchors, Heading

_CALLOUT_NAMES, _LANGUAGE_NAMES = dict(CALLOUTS), dict(LANGUAGES)
_CALLOUT_LOOKS = {"note": ("info", "info"), "tip": ("ok", "ok"), "warning": ("warn", "warn")}


class Part(NamedTuple):
    """`kind` names the template that draws it: markdown, code, callout, image, operation or gone.

    `source` is Markdown or code as it was typed, `facts` what the template asks for.
    """

    kind: str
    source: str
    facts: Mapping[str, Any]


class Content(NamedTuple):
    """`headings` are those of the second and third level, for the list beside the page."""

    parts: list[Part]
    headings: list[Heading]


class _Found(NamedTuple):
    """What stands behind the ids in the blocks, and whether its absence is said."""

    operations: dict[str, Embedded]
    pictures: dict[int, GuideRendition]
    says_gone: bool
    anchors: Anchors


def content_of(guide: Guide, reader: Reader, *, says_gone: bool = False) -> Content:
    """The guide as the reader gets it; `says_gone` names what is left out, for who edits it."""
    blocks = [(row["type"], row["value"]) for row in guide.body.raw_data if row["type"] in _DRAWN]
    operations = embedded_for(reader, {str(value) for kind, value in blocks if kind == "operation"})
    images = {value["image"] for kind, value in blocks if kind == "image" and value.get("image")}
    found = _Found(operations, renditions_of(images), says_gone, Anchors())
    parts = [part for number, (kind, value) in enumerate(blocks) if (part := _DRAWN[kind](value, number, found))]
    return Content(parts, [heading for heading in found.anchors.headings if heading.level < 4])


def _text(value: str, _number: int, found: _Found) -> Part:
    return Part("markdown", value, {"html": found.anchors.draw_text(value)})


def _code(value: dict[str, str], number: int, _found: _Found) -> Part:
    facts = {"id": f"code-{number}", "language": value["language"], "name": _LANGUAGE_NAMES[value["language"]]}
    return Part("code", value["code"], facts)


def _callout(value: dict[str, str], _number: int, found: _Found) -> Part:
    kind, drawing = _CALLOUT_LOOKS[value["kind"]]
    facts = {"kind": kind, "drawing": drawing, "title": _CALLOUT_NAMES[value["kind"]]}
    return Part("callout", value["text"], {**facts, "html": found.anchors.draw_text(value["text"])})


def _image(value: dict[str, Any], _number: int, found: _Found) -> Part | None:
    picture = found.pictures.get(value["image"])
    if picture is None:
        return _gone("This picture is gone.", found)
    return Part("image", value["alt"], {"picture": picture, "alt": value["alt"], "caption": value["caption"]})


def _operation(value: str, number: int, found: _Found) -> Part | None:
    embedded = found.operations.get(value)
    if embedded is None:
        return _gone(f"Operation {value} is gone, or no plan of yours has it: readers alike see nothing here.", found)
    return Part("operation", "", {"embedded": embedded, "id": f"operation-{number}"})


def _gone(words: str, found: _Found) -> Part | None:
    return Part("gone", "", {"words": words}) if found.says_gone else None


_DRAWN: dict[str, Callable[[Any, int, _Found], Part | None]] = {
    "markdown": _text,
    "code": _code,
    "callout": _callout,
    "image": _image,
    "operation": _operation,
}
