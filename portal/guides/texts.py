"""A guide's Markdown: headings get addresses, unlike those of the reference's short descriptions."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.safestring import SafeString
from django.utils.text import slugify
from markdown_it.token import Token

from portal.reference.markdown import draw, is_heading, parse

#: The page's own heading is the first level; deeper than the fourth nobody finds their way.
_LEVELS = {"h1": 2, "h2": 2, "h3": 3, "h4": 4, "h5": 4, "h6": 4}
_LONGEST_ANCHOR = 60
MARK = "s-"
"""Begins every anchor, so that no heading takes the address of a part of the page's frame."""


class Heading(NamedTuple):
    """A heading of the second, third or fourth level."""

    level: int
    anchor: str
    text: str


class Anchors:
    """The headings of one guide, through all its blocks."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self._taken: set[str] = set()

    def draw_text(self, text: str) -> SafeString:
        """Safe HTML; each heading is noted and gets an anchor that no other has."""
        tokens = parse(text)
        for index, token in enumerate(tokens):
            if is_heading(token):
                self._lower(token, tokens[index + 1 : index + 2])
        return draw(tokens)

    def _lower(self, token: Token, content: Sequence[Token]) -> None:
        level = _LEVELS[token.tag]
        token.tag = f"h{level}"
        if token.type == "heading_open":
            words = _words(content[0])
            token.attrSet("id", self._anchor(words))
            self.headings.append(Heading(level, str(token.attrs["id"]), words))

    def _anchor(self, words: str) -> str:
        base = MARK + (slugify(words)[:_LONGEST_ANCHOR].strip("-") or "section")
        anchor, number = base, 1
        while anchor in self._taken:
            number += 1
            anchor = f"{base}-{number}"
        self._taken.add(anchor)
        return anchor


def _words(inline: Token) -> str:
    return "".join(token.content for token in inline.children or [] if token.type in ("text", "code_inline"))
