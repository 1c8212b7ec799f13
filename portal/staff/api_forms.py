"""The forms of APIs and their versions. They check; the write functions save."""

from typing import Any
from urllib.parse import urlsplit

from django import forms

from catalog.fetching import fetch
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
    """A document as file, by its address or as text; the first that is given counts."""

    file = forms.FileField(
        label="File", required=False, help_text="OpenAPI 3.0, 3.1 or 3.2, JSON or YAML, up to 16 MB."
    )
    address = forms.CharField(
        label="Address",
        required=False,
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/openapi.yaml"}),
        help_text="On the public internet; fetched once, now.",
    )
    document = forms.CharField(
        label="Document",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "spellcheck": "false"}),
        help_text="Paste it here instead of choosing a file.",
    )

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError where there is none."""
        cleaned = super().clean() or self.cleaned_data
        if not any(str(cleaned.get(name) or "").strip() for name in ("file", "address", "document")):
            self.add_error("document", "Choose a file, give an address or paste the document.")
        return cleaned

    def text(self) -> tuple[bytes, str]:
        """What was given, and what to call it. Raises ValidationError where it cannot be fetched."""
        file, address = self.cleaned_data.get("file"), self.cleaned_data.get("address")
        if file:
            return file.read(), str(file.name)
        if address:
            return fetch(address), str(urlsplit(address).hostname)
        return str(self.cleaned_data["document"]).encode(errors="surrogatepass"), "Pasted text"


class ScopesForm(forms.Form):
    """A scope for each group of operations of which the document does not say which one they ask for."""

    def __init__(self, proposals: list[list[Any]], data: Any = None) -> None:
        super().__init__(data)
        for number, (resource, access, scope, operations) in enumerate(proposals):
            named = ", ".join(f"{method} {path}" for method, path in operations[:3])
            more = f" and {len(operations) - 3} more" if len(operations) > 3 else ""
            self.fields[f"scope-{number}"] = forms.CharField(
                label=f"{resource}, {access}",
                required=False,
                initial=scope,
                max_length=120,
                widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
                help_text=f"{named}{more}. Empty: any valid key may call.",
            )

    def scopes(self) -> list[str]:
        """In the order of the proposals."""
        return [str(self.cleaned_data[name]) for name in self.fields]
