"""Fields of the editor that need no inline script, unlike Wagtail's own."""

from typing import Any

from django.forms import DateTimeInput


class MomentInput(DateTimeInput):
    """The browser's own choice of a date and a time."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")
