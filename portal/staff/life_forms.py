"""The forms of a version's life. They check; the write functions save."""

from typing import Any

from django import forms

from catalog.lifecycle import Move
from catalog.models import Version
from portal.staff.api_forms import TimeField
from portal.staff.reasons import ReasonForm


class MoveForm(ReasonForm):
    """One move: with dates where it has them, with the version's name to type where it is still called."""

    deprecated_at = TimeField(label="Deprecated from (UTC)", required=False, help_text="Empty: from now on.")
    sunset_at = TimeField(
        label="Sunset (UTC)", required=False, help_text="From then on calls are answered 410. Empty: no end yet."
    )
    successor = forms.ModelChoiceField(Version.objects.none(), required=False, empty_label="None")
    typed = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    field_order = ["deprecated_at", "sunset_at", "successor", "typed", "reason"]

    def __init__(self, data: Any, version: Version, move: Move, calls: int) -> None:
        initial = {name: getattr(version, name) for name in ("deprecated_at", "sunset_at", "successor")}
        super().__init__(data, initial=initial)
        successor: Any = self.fields["successor"]
        successor.queryset = version.api.versions.exclude(pk=version.pk).select_related("api")
        self.fields["typed"].label = f"Type {version.name} to confirm"
        for name in ("deprecated_at", "sunset_at", "successor"):
            if not move.has_dates:
                del self.fields[name]
        if not (calls and any(need.field == "typed" for need in move.needs)):
            del self.fields["typed"]

    def values(self) -> dict[str, Any]:
        """What the write function takes."""
        return {name: self.cleaned_data[name] for name in self.fields}


class DatesForm(forms.Form):
    """An operation's own dates."""

    deprecated_at = TimeField(label="Deprecated from (UTC)", required=False)
    sunset_at = TimeField(
        label="Sunset (UTC)", required=False, help_text="From then on its calls are answered 410; the others go on."
    )


class ExtensionForm(ReasonForm):
    """What one application has of its own."""

    sunset_at = TimeField(label="Own sunset (UTC)", required=False, help_text="Empty: as for everybody.")
    is_exempt = forms.BooleanField(label="No brownouts", required=False)
    field_order = ["sunset_at", "is_exempt", "reason"]


class WindowForm(forms.Form):
    """A brownout."""

    starts_at = TimeField(label="From (UTC)")
    ends_at = TimeField(label="Until (UTC)")
