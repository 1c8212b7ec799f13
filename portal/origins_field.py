"""A form field for origins of web pages, one a line."""

from typing import Any

from django import forms

from accounts.origins import checked_origins


class OriginsField(forms.CharField):
    """Cleans to a list of origins in canonical form; `takes_any`: `*` may stand alone for all."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false", "autocomplete": "off"})

    def __init__(self, *, takes_any: bool = False, **how: Any) -> None:
        self._takes_any = takes_any
        super().__init__(required=False, max_length=20_000, **how)

    def prepare_value(self, value: Any) -> Any:
        """A list is shown one a line."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Raises ValidationError naming the line that is no origin."""
        texts = [line for line in super().clean(value).splitlines() if line.strip()]
        try:
            return checked_origins(texts, takes_any=self._takes_any)
        except forms.ValidationError as error:
            raise forms.ValidationError(error.messages) from None
