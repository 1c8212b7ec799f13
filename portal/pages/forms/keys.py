"""Forms on keys."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from keys.writes import checked_networks
from plans.reach import Resource, resources

LIFETIMES = [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year")]
_LEVEL_NAMES = {"": "None", "read": "Read", "write": "Write"}
MOST_NETWORKS = 50
_PLAIN = frozenset({"name", "environment", "expires_days", "networks", "use", "runs", "redirect_uris", "requires_dpop"})


class KeyNameForm(forms.Form):
    """A key's name."""

    name = forms.CharField(label="Name", max_length=120)


class AccessForm(forms.Form):
    """What a key may do, and from where. Each resource has a field of its own; `granted` is what they say."""

    networks = forms.CharField(
        label="Networks",
        required=False,
        max_length=4000,
        help_text="One a line, such as 203.0.113.0/24. Empty: from everywhere.",
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    others = forms.MultipleChoiceField(label="Other scopes", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, scopes: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resources, others = resources(scopes)
        self.fields["others"].choices = [(scope, scope) for scope in others]  # type: ignore[attr-defined]
        if not others:
            del self.fields["others"]
        for resource in self.resources:
            self.fields[access_name(resource)] = _access_field(resource)

    def access_fields(self) -> list[forms.BoundField]:
        """The fields of the resources, in order."""
        return [self[access_name(resource)] for resource in self.resources]

    def granted(self) -> list[str]:
        """The scopes chosen so far, whether or not the rest of the form is right."""
        chosen: set[str] = set()
        for resource in self.resources:
            chosen |= resource.scopes_at(str(self[access_name(resource)].value() or ""))
        if "others" in self.fields:
            known = {scope for scope, _ in self.fields["others"].choices}  # type: ignore[attr-defined]
            chosen |= known & set(self["others"].value() or [])
        return sorted(chosen)

    def clean_networks(self) -> list[str]:
        """In canonical form."""
        lines = [line for line in self.cleaned_data["networks"].replace(",", "\n").split("\n") if line.strip()]
        if len(lines) > MOST_NETWORKS:
            raise ValidationError(f"A key takes at most {MOST_NETWORKS} networks.")
        try:
            return checked_networks(lines)
        except ValidationError as error:
            raise ValidationError(error.messages) from None

    def clean(self) -> dict[str, Any]:
        """A key that may call nothing is a mistake."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.granted() and (self.resources or "others" in self.fields):
            raise ValidationError("Choose Read or Write for something; it could call nothing.")
        return cleaned


class NewKeyForm(KeyNameForm, AccessForm):
    """Everything about a new key."""

    environment = forms.ChoiceField(
        label="Environment",
        choices=[("test", "Test: reaches test data, is never billed"), ("live", "Live: reaches the real API")],
        initial="test",
        widget=forms.RadioSelect,
    )
    expires_days = forms.ChoiceField(label="Expires after", choices=LIFETIMES, initial="90")

    field_order = ["name", "environment", "expires_days", "networks"]

    def __init__(self, user: User, plan_scopes: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(plan_scopes, *args, **kwargs)
        self._user = user

    def clean_environment(self) -> str:
        """Live keys are for people whom we can reach."""
        environment = str(self.cleaned_data["environment"])
        if environment == "live" and not has_confirmed_address(self._user):
            raise ValidationError(
                "A live key needs a confirmed e-mail address. Confirm yours under your account first."
            )
        return environment

    @property
    def oauth_facts(self) -> dict[str, Any]:
        """What the write takes more: nothing for a key."""
        return {}

    def refuse(self, error: ValidationError) -> None:
        """Say why the write refused, beside the field that it names where the form has it."""
        by_field = error.message_dict if hasattr(error, "error_dict") else {}
        if by_field and by_field.keys() <= self.fields.keys():
            self.add_error(None, error)
        else:
            self.add_error(None, error.messages)

    @property
    def expires_at(self) -> datetime:
        """From the chosen lifetime."""
        return timezone.now() + timedelta(days=int(self.cleaned_data["expires_days"]))


def access_name(resource: Resource) -> str:
    """The field's name."""
    return f"access-{resource.name}"


def _access_field(resource: Resource) -> forms.ChoiceField:
    choices = [(level, _LEVEL_NAMES[level]) for level in ("", *resource.levels)]
    return forms.ChoiceField(label=resource.name, choices=choices, required=False, widget=forms.RadioSelect)


def access_initial(scopes: Iterable[str]) -> dict[str, Any]:
    """Initial values of the resource fields for scopes that are to be chosen from the start."""
    wanted = set(scopes)
    found, others = resources(wanted)
    return {"others": others} | {access_name(resource): resource.levels[-1] for resource in found}


PRESETS = {"read": "Read only", "all": "Everything", "none": "Nothing"}


def preset_initial(scopes: Iterable[str], preset: str) -> dict[str, Any]:
    """Initial values of all access fields for a name of PRESETS; none for another name."""
    found, others = resources(scopes)
    chosen = {
        "read": lambda resource: "read" if "read" in resource.levels else "",
        "all": lambda resource: resource.levels[-1],
        "none": lambda _resource: "",
    }.get(preset)
    if chosen is None:
        return {}
    return {access_name(resource): chosen(resource) for resource in found} | {
        "others": others if preset == "all" else []
    }


def initial_of(chosen: QueryDict) -> dict[str, Any]:
    """What a page that is open has chosen so far; nothing of it is checked yet."""
    initial = {name: value for name, value in chosen.items() if name in _PLAIN or name.startswith("access-")}
    return initial | ({"others": chosen.getlist("others")} if "others" in chosen else {})


def has_confirmed_address(user: User) -> bool:
    """Whether some address of the person is confirmed."""
    return EmailAddress.objects.filter(user=user, verified=True).exists()
