"""The filters of the call log as a form; what they mean is decided by analytics.filters."""

from collections.abc import Iterable
from typing import Any

from django import forms

from catalog.models import Operation, Version
from keys.listing import ListedKey

RANGE_NAMES = {"1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days", "": "All time"}
STATUS_NAMES = {"": "Any", "2xx": "2xx, fine", "3xx": "3xx", "4xx": "4xx, refused", "5xx": "5xx, failed"}
OUTCOME_NAMES = {
    "": "Any",
    "answered": "Answered",
    "refused": "Refused",
    "failed": "Failed",
    "withheld": "Withheld",
    "aborted": "Client left",
    "unknown": "Unknown",
}


class FilterForm(forms.Form):
    """Bound to the address's query. It shows what was asked for and where that was wrong; it decides nothing."""

    range = forms.ChoiceField(label="Time", choices=RANGE_NAMES.items(), required=False)
    status = forms.CharField(label="Status", max_length=8, required=False)
    operation = forms.ChoiceField(label="Operation", required=False)
    key = forms.ChoiceField(label="Key", required=False)
    request_id = forms.CharField(label="Request id", max_length=64, required=False)
    version = forms.ChoiceField(label="Version", required=False)
    outcome = forms.ChoiceField(label="Outcome", choices=OUTCOME_NAMES.items(), required=False)
    method = forms.CharField(label="Method", max_length=16, required=False)
    environment = forms.ChoiceField(
        label="Environment", choices=[("", "Any"), ("live", "Live"), ("test", "Test")], required=False
    )
    address = forms.CharField(label="Address", max_length=45, required=False)
    min_ms = forms.CharField(label="Took at least, ms", max_length=8, required=False)
    since = forms.CharField(label="From (UTC)", max_length=32, required=False)
    until = forms.CharField(label="Until (UTC)", max_length=32, required=False)

    FIRST = ("range", "status", "operation", "key", "request_id")
    PLACEHOLDERS = {
        "status": "404 or 4xx",
        "request_id": "01a1f928…",
        "method": "GET",
        "address": "203.0.113.24",
        "min_ms": "200",
        "since": "2027-01-31T12:00",
        "until": "2027-01-31T13:00",
    }

    def __init__(
        self, operations: Iterable[Operation], versions: Iterable[Version], keys: Iterable[ListedKey], data: Any
    ) -> None:
        super().__init__(data)
        self._choose("operation", ((one.public_id, operation_words(one)) for one in operations))
        self._choose("version", ((one.public_id, str(one)) for one in versions))
        self._choose("key", ((key.credential.public_id, f"{key.credential.name}, {key.short_stub}") for key in keys))
        for name, text in self.PLACEHOLDERS.items():
            self.fields[name].widget.attrs |= {"placeholder": text, "autocomplete": "off", "class": "mono"}

    def _choose(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        self.fields[name].choices = [("", "Any"), *choices]  # type: ignore[attr-defined]

    def first_fields(self) -> list[forms.BoundField]:
        """Those that always stand in sight."""
        return [self[name] for name in self.FIRST]

    def more_fields(self) -> list[forms.BoundField]:
        """Those behind "More filters"."""
        return [self[name] for name in self.fields if name not in self.FIRST]

    def more_count(self) -> int:
        """How many of those are set."""
        return sum(bool(field.value()) for field in self.more_fields())

    def words(self, name: str, value: str) -> str:
        """A value as its field shows it."""
        choices = dict(getattr(self.fields[name], "choices", ()))
        return str(choices.get(value, value))


def operation_words(operation: Operation) -> str:
    """`GET /clinic/v2/patients/{id}`."""
    version = operation.version
    return f"{operation.method} /{version.api.slug}/{version.name}{operation.path}"
