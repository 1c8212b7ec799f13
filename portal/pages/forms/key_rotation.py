"""Forms on the rotation of a key."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from keys.models import Credential
from keys.rotation import OVERLAPS
from portal.pages.forms.keys import LIFETIMES

OVERLAP_NAMES = {
    "0": "Not at all: it ends at once",
    "1h": "1 hour",
    "24h": "24 hours",
    "7d": "7 days",
    "30d": "30 days",
}
_ENDS_SOON = timedelta(days=30)


class OverlapForm(forms.Form):
    """How much longer the old secret works, from now on."""

    overlap = forms.ChoiceField(
        label="From now on it works for", choices=[one for one in OVERLAP_NAMES.items() if one[0] != "0"]
    )

    @property
    def overlap_chosen(self) -> timedelta:
        return OVERLAPS[self.cleaned_data["overlap"]]


class RotateForm(forms.Form):
    """A new secret; a key that was reported as leaked or has expired is given no overlap to choose."""

    replaces = forms.CharField(max_length=32, widget=forms.HiddenInput)
    overlap = forms.ChoiceField(
        label="The old secret works beside it for",
        choices=OVERLAP_NAMES.items(),
        initial="24h",
        widget=forms.RadioSelect,
    )
    expires_days = forms.ChoiceField(label="The key expires", required=False)

    def __init__(self, credential: Credential, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if credential.is_quarantined or credential.is_expired:
            del self.fields["overlap"]
        anew = [(days, f"{words} from now") for days, words in LIFETIMES]
        as_before = [] if credential.is_expired else [("", "as before")]
        self.fields["expires_days"].choices = [*as_before, *anew]  # type: ignore[attr-defined]
        ends_soon = credential.expires_at is not None and credential.expires_at - timezone.now() < _ENDS_SOON
        self.fields["expires_days"].initial = "90" if ends_soon else ""

    @property
    def overlap_chosen(self) -> timedelta:
        return OVERLAPS[self.cleaned_data.get("overlap", "0")]

    @property
    def expires_at(self) -> datetime | None:
        """None leaves it as it is."""
        days = self.cleaned_data.get("expires_days")
        return timezone.now() + timedelta(days=int(days)) if days else None
