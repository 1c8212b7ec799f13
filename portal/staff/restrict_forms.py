"""The forms that apply, lift and shorten restrictions. They check; the write functions save."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from portal.staff.api_forms import TimeField

SPANS = {"1h": timedelta(hours=1), "4h": timedelta(hours=4), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
_UNTIL = [
    ("1h", "In an hour"),
    ("4h", "In 4 hours"),
    ("24h", "In 24 hours"),
    ("7d", "In 7 days"),
    ("lifted", "Only when it is lifted"),
    ("at", "At a time of its own"),
]
REASON = forms.Textarea(attrs={"rows": 2})


class EndField(forms.Form):
    """When it ends by itself."""

    until = forms.ChoiceField(label="Ends", choices=_UNTIL, initial="24h")
    ends_at = TimeField(label="That time (UTC)", required=False)

    def clean(self) -> dict[str, Any]:
        """Asks for the time where one of its own was chosen, and for no other choice takes one."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("until") == "at" and not cleaned.get("ends_at") and "ends_at" not in self.errors:
            self.add_error("ends_at", "Say when.")
        if cleaned.get("until") != "at" and cleaned.get("ends_at"):
            self.add_error("until", "Choose “At a time of its own”, or leave that time empty.")
        return cleaned

    def end(self) -> datetime | None:
        """None: only when it is lifted."""
        span = SPANS.get(self.cleaned_data["until"])
        return timezone.now() + span if span else self.cleaned_data["ends_at"]


class ApplyForm(EndField):
    """What stands beside who, what and how. `submission` makes a form that is sent twice apply once."""

    reason = forms.CharField(
        label="Reason", max_length=500, widget=REASON, help_text="Kept in the audit log; only staff see it."
    )
    advice = forms.CharField(
        label="Advice to the caller",
        max_length=300,
        required=False,
        help_text="Public: stands in each refused answer. Such as “Write to security@…”.",
    )
    starts_at = TimeField(label="Begins later (UTC)", required=False)
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)
    confirm = forms.CharField(
        label="It meets everyone: type everyone",
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["reason", "advice", "until", "ends_at", "starts_at", "confirm", "submission"]

    def __init__(self, data: Any, *, meets_everyone: bool, is_lasting: bool) -> None:
        """`is_lasting`: its end is not a matter of hours, unless somebody says so."""
        until = {"until": "lifted"} if is_lasting else {}
        super().__init__(data, initial={"submission": secrets.token_urlsafe(18), **until})
        if not meets_everyone:
            del self.fields["confirm"]

    def values(self) -> dict[str, Any]:
        """What the write function takes."""
        kept = {name: self.cleaned_data[name] for name in ("reason", "advice", "starts_at", "submission")}
        confirmed = self.cleaned_data.get("confirm", "").strip().lower() == "everyone"
        return kept | {"ends_at": self.end(), "may_be_everyone": confirmed}


class ChangeEndForm(EndField):
    """Another end, and why."""

    reason = forms.CharField(
        label="Reason", max_length=500, widget=REASON, help_text="Kept in the audit log; only staff see it."
    )
