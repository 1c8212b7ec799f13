"""Descriptions are CommonMark (OpenAPI 3.1, section 3.3); who imports a document does not get to write our pages."""

from collections.abc import Sequence

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST_TEXT = 100_000
_LOWERED = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_TEXT_TAGS = {"p", "ul", "ol", "li", "em", "strong", "code", "pre", "a", "blockquote", "br", "hr", *_HEADINGS}
_TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td"}
_READER = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable("table")


def render_markdown(text: object) -> SafeString:
    """Safe HTML; anything but text is nothing. Headings begin at h3, below those of the page."""
    if not isinstance(text, str):
        return mark_safe("")
    tokens = parse(text)
    for token in tokens:
        if is_heading(token):
            token.tag = _LOWERED[token.tag]
    return draw(tokens)


def parse(text: str) -> list[Token]:
    """CommonMark with tables, cut to length; HTML in it is text."""
    return _READER.parse(text[:LONGEST_TEXT])


def is_heading(token: Token) -> bool:
    """Whether it begins or ends a heading."""
    return token.type in ("heading_open", "heading_close")


def draw(tokens: Sequence[Token]) -> SafeString:
    """Safe HTML. Only headings have an `id`, which no text can give them."""
    drawn = _READER.renderer.render(tokens, _READER.options, {})
    return mark_safe(_clean(drawn))  # noqa: S308 (cleaned on this line)


def _clean(drawn: str) -> str:
    return nh3.clean(
        drawn,
        tags=_TEXT_TAGS | _TABLE_TAGS,
        attributes={"a": {"href", "title"}, **{name: {"id"} for name in _HEADINGS}},
        url_schemes={"https", "http", "mailto"},
        link_rel="nofollow noopener noreferrer",
        # What scrolls sideways must be reachable by keyboard.
        set_tag_attribute_values={"pre": {"tabindex": "0"}},
    )
