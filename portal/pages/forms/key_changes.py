"""The form that changes a key."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from keys.models import Credential
from portal.pages.forms.keys import LIFETIMES, AccessForm, access_initial, initial_of, preset_initial


class ChangeKeyForm(AccessForm):
    """What a key may do from now on. What it holds it may keep, also where the plan has lost it."""

    expires_days = forms.ChoiceField(
        label="The key expires",
        required=False,
        choices=[("", "as before"), *((days, f"{words} from now") for days, words in LIFETIMES)],
    )

    field_order = ["expires_days", "networks"]

    def __init__(self, credential: Credential, plan_scopes: Iterable[str], *args: Any, **kwargs: Any) -> None:
        self._held = credential.scopes
        networks = "\n".join(credential.networks)
        initial = {"networks": networks} | access_initial(self._held) | kwargs.pop("initial", {})
        super().__init__({*plan_scopes, *self._held}, *args, initial=initial, **kwargs)
        if credential.is_expired:
            self._renew()

    def _renew(self) -> None:
        """What has expired is given more time, or nothing."""
        field = self.fields["expires_days"]
        field.required, field.choices = True, field.choices[1:]  # type: ignore[attr-defined]

    @classmethod
    def shown(cls, credential: Credential, plan_scopes: Iterable[str], chosen: QueryDict) -> "ChangeKeyForm":
        """As it stands, with what an open page has chosen so far; nothing of it is checked yet."""
        preset = preset_initial({*plan_scopes, *credential.scopes}, chosen.get("preset", ""))
        return cls(credential, plan_scopes, initial=initial_of(chosen) | preset)

    def changes(self) -> dict[str, Any]:
        """What `change_key` takes. Scopes that nobody touched are not touched either: a key that writes without
        reading stays so."""
        days = self.cleaned_data["expires_days"]
        return {
            "scopes": self.granted() if self.access_has_changed() else None,
            "networks": self.cleaned_data["networks"],
            "lifetime": timedelta(days=int(days)) if days else None,
        }

    def access_has_changed(self) -> bool:
        """Whether a scope was chosen or given up."""
        return any(name == "others" or name.startswith("access-") for name in self.changed_data)
