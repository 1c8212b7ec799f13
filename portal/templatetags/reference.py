"""What the documentation pages draw."""

from collections.abc import Sequence
from html import unescape
from typing import Any

from django import template
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from catalog.models import State, Version
from portal.reference.markdown import render_markdown
from portal.templatetags.portal_ui import badge, milliseconds

register = template.Library()
_BADGES = {State.LIVE: ("live", "live"), State.DEPRECATED: ("warn", "warn"), State.RETIRED: ("critical", "stop")}


@register.filter
def markdown(text: str) -> SafeString:
    """CommonMark as safe HTML."""
    return render_markdown(text)


@register.filter
def microseconds(value: int) -> str:
    """132000 → "132 ms"."""
    return milliseconds(value / 1000)


@register.simple_tag
def version_badge(version: Version) -> SafeString:
    """A version's state as a framed word."""
    kind, drawing = _BADGES.get(version.standing, ("quiet", "info"))
    return badge(kind, version.standing.label, drawing)


@register.filter
def beside(cells: Sequence[Any], columns: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Each cell with its column."""
    return list(zip(cells, columns, strict=True))


@register.filter
def plain(drawn: str) -> str:
    """What stands in marked-up code, without the marks."""
    return unescape(strip_tags(drawn))


@register.filter
def one_line(text: object) -> str:
    """Text within a cell or an item of Markdown."""
    return " ".join(str(text).replace("|", "\\|").split())
