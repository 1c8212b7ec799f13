"""The forms of APIs and their versions. They check; the write functions save."""

from typing import Any

from django import forms

from catalog.models import Api, Version
from portal.origins_field import OriginsField

TIME = {"type": "datetime-local", "step": "1"}
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"


class ApiForm(forms.ModelForm):
    """Everything of an API but its name in addresses."""

    cors_origins = OriginsField(
        label="Web pages that may call",
        takes_any=True,
        help_text="Origins such as https://app.example.com, one a line; * alone for all. None: no page can (CORS).",
    )

    class Meta:
        model = Api
        fields = ["title", "description", "owner", "unmatched", "validation", "cors_origins"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}


class NewApiForm(ApiForm):
    """The name in addresses is chosen once: calls, masks and documentation hang on it."""

    class Meta(ApiForm.Meta):
        fields = ["title", "slug", "description", "owner", "unmatched", "validation", "cors_origins"]
        labels = {"slug": "name in addresses"}
        help_texts = {"slug": "First part of each path at the gateway, such as clinic. It stays as it is."}


class TimeField(forms.DateTimeField):
    """A moment in UTC, picked with the browser's own control."""

    widget = forms.DateTimeInput(attrs=TIME, format=TIME_FORMAT)


class VersionForm(forms.ModelForm):
    """Upstreams and successor of a version; its state and dates have a page of their own."""

    class Meta:
        model = Version
        fields = ["upstream_url", "test_upstream_url", "successor"]
        labels = {"upstream_url": "Upstream", "test_upstream_url": "Test upstream"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Version.objects.filter(api_id=self.instance.api_id).exclude(pk=self.instance.pk)
        successor: Any = self.fields["successor"]
        successor.queryset = others.select_related("api")
        successor.empty_label = "None"


class NewVersionForm(VersionForm):
    """A version begins as a draft, unless chosen otherwise."""

    deprecated_at = TimeField(label="Deprecated from (UTC)", required=False)
    sunset_at = TimeField(label="Sunset (UTC)", required=False)

    class Meta(VersionForm.Meta):
        fields = ["name", "state", *VersionForm.Meta.fields, "deprecated_at", "sunset_at"]
        help_texts = {"name": "Second part of each path, such as v1. It stays as it is."}

    def clean_name(self) -> str:
        """Raises ValidationError where the API has such a version already."""
        name = str(self.cleaned_data["name"])
        if Version.objects.filter(api_id=self.instance.api_id, name=name).exists():
            raise forms.ValidationError("The API has a version of this name.")
        return name


class CredentialForm(forms.Form):
    """Headers with which the gateway identifies itself to the upstream. What is kept is never shown again."""

    upstream_headers = forms.CharField(
        label="Headers",
        required=False,
        max_length=100_000,
        widget=forms.Textarea(
            attrs={"rows": 4, "class": "mono", "autocomplete": "off", "spellcheck": "false", "placeholder": "X-Key: …"}
        ),
        help_text="One a line, name and value. They replace the ones that are set; empty takes them away.",
    )

    def clean_upstream_headers(self) -> dict[str, str]:
        """Names and values. Raises ValidationError naming the line that is no header, never its text."""
        lines = [line for line in self.cleaned_data["upstream_headers"].splitlines() if line.strip()]
        pairs = [_pair(number, line) for number, line in enumerate(lines, 1)]
        if len({name.lower() for name, _ in pairs}) < len(pairs):
            raise forms.ValidationError("Two lines have the same name.")
        return dict(pairs)


def _pair(number: int, line: str) -> tuple[str, str]:
    name, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or not name or not value:
        raise forms.ValidationError(f"Line {number} is not a header such as X-Key: value.")
    return name, value


class ImportForm(forms.Form):
    """A document as file or as text; the file goes first."""

    file = forms.FileField(label="File", required=False, help_text="OpenAPI 3.0 or 3.1, JSON or YAML, up to 16 MB.")
    document = forms.CharField(
        label="Document",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "spellcheck": "false"}),
        help_text="Paste it here instead of choosing a file.",
    )

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError where there is neither."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("file") and not str(cleaned.get("document", "")).strip():
            self.add_error("document", "Choose a file or paste the document.")
        return cleaned

    def text(self) -> str | bytes:
        """What was given."""
        file = self.cleaned_data.get("file")
        return file.read() if file else str(self.cleaned_data["document"])
