"""Forms on an organisation's people."""

from typing import Any

from django import forms

from accounts.models import Membership, Organisation, Role
from portal.leaving import WITH_HEIR, Fate
from portal.role_words import ROLE_WORDS

ROLE_CHOICES = [(role.value, f"{role.label}: {ROLE_WORDS[role]}") for role in Role]
FATE_CHOICES = [
    (Fate.KEEP.value, "Keep them as they are"),
    (Fate.REASSIGN.value, "Give them to another member, who answers for them"),
    (Fate.ROTATE.value, "Have another member rotate them: they get a mail with a link for each"),
    (Fate.REVOKE.value, "Revoke them: calls with them answer 401 within a second"),
]


class RoleForm(forms.Form):
    """One of the roles."""

    role = forms.ChoiceField(label="Role", choices=ROLE_CHOICES, initial=Role.DEVELOPER.value, widget=forms.RadioSelect)


class InvitationForm(RoleForm):
    """Whom, as what."""

    email = forms.EmailField(label="E-mail address", max_length=254)
    field_order = ["email", "role"]


class OrganisationForm(forms.Form):
    """What an owner sets for the organisation."""

    name = forms.CharField(label="Name", max_length=120)
    requires_second_factor = forms.BooleanField(
        label="Members need a second factor",
        required=False,
        help_text="Who has none is asked to set one up before anything else.",
    )


class OrganisationNameForm(forms.Form):
    """The name of a new organisation."""

    name = forms.CharField(label="Name", max_length=120, help_text="Who you are to the people who run the APIs.")


class LeavingForm(forms.Form):
    """What becomes of the keys that the leaver made."""

    fate = forms.ChoiceField(
        label="Keys they made", choices=FATE_CHOICES, initial=Fate.KEEP.value, widget=forms.RadioSelect
    )
    heir = forms.ChoiceField(label="Who answers for them", required=False)

    def __init__(self, organisation: Organisation, leaver: Membership, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Membership.objects.filter(organisation=organisation).exclude(pk=leaver.pk).select_related("user")
        self._others = {other.user.public_id: other.user for other in others.order_by("user__email")}
        self.fields["heir"].choices = [(key, str(user)) for key, user in self._others.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """`fate` as a Fate, `heir` as a member or None."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["fate"] = Fate(cleaned.get("fate") or Fate.KEEP)
        cleaned["heir"] = self._others.get(cleaned.get("heir", "")) if cleaned["fate"] in WITH_HEIR else None
        if cleaned["fate"] in WITH_HEIR and cleaned["heir"] is None:
            self.add_error("heir", "Choose who answers for the keys from now on.")
        return cleaned
