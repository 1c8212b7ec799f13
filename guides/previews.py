"""Who draws a guide's draft for its editor: pages are the portal's, which says so when it starts."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

Draw = Callable[[HttpRequest, Any], HttpResponseBase]
_drawers: list[Draw] = []


def register(draw: Draw) -> None:
    """Called in AppConfig.ready()."""
    _drawers[:] = [draw]


def draw(request: HttpRequest, guide: Any) -> HttpResponseBase:
    """The draft as a page."""
    return _drawers[0](request, guide)
