"""Forms on OAuth clients."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from keys.models import Grant
from portal.pages.forms.keys import NewKeyForm

MOST_URIS = 20
USES = [
    ("machine", "A machine calls for itself: client credentials"),
    ("people", "People sign in and it calls for them: authorization code with PKCE"),
]
RUNS = [
    ("confidential", "Confidential: it runs on a server that can keep a secret"),
    ("public", "Public: a page, a mobile app or a command line; it has no secret"),
]
_GRANTS: dict[str, list[str]] = {
    "machine": [Grant.CLIENT_CREDENTIALS.value],
    "people": [Grant.AUTHORIZATION_CODE.value],
}


class RedirectUrisForm(forms.Form):
    """Where answers may be sent, one address a line. What an address must be like is judged where it is saved."""

    redirect_uris = forms.CharField(
        label="Redirect URIs",
        max_length=10_000,
        help_text="One a line, exactly as the client sends them, such as https://app.example/callback.",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    def clean_redirect_uris(self) -> list[str]:
        """The lines with something in them."""
        lines = [line.strip() for line in self.cleaned_data["redirect_uris"].splitlines() if line.strip()]
        if len(lines) > MOST_URIS:
            raise ValidationError(f"A client takes at most {MOST_URIS} redirect URIs.")
        return lines


class NewClientForm(NewKeyForm, RedirectUrisForm):
    """Everything about a new client: what a key has, and what OAuth asks for."""

    use = forms.ChoiceField(label="What it does", choices=USES, initial="machine", widget=forms.RadioSelect)
    runs = forms.ChoiceField(label="Where it runs", choices=RUNS, initial="confidential", widget=forms.RadioSelect)
    requires_dpop = forms.BooleanField(
        label="Its tokens are bound to a key that it holds (DPoP)",
        required=False,
        help_text="A stolen token is then of no use. Each request carries a proof signed by the client.",
    )

    def __init__(self, user: User, plan_scopes: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(user, plan_scopes, *args, **kwargs)
        self.fields["redirect_uris"].required = False
        self.fields[
            "redirect_uris"
        ].help_text = "Where people are sent back to, one a line, exactly as the client asks."
        self.fields["name"].help_text = "People who are asked to allow it read this name."

    def clean(self) -> dict[str, Any]:
        """Redirects are for people who sign in; a machine needs a secret."""
        cleaned = super().clean()
        is_machine = cleaned.get("use") == "machine"
        if is_machine and cleaned.get("runs") == "public":
            self.add_error(
                "runs", "A machine that calls for itself proves who it is with a secret: choose confidential."
            )
        if not is_machine and "redirect_uris" in cleaned and not cleaned["redirect_uris"]:
            self.add_error("redirect_uris", "Say where people are sent back to once they have allowed it.")
        return cleaned

    @property
    def oauth_facts(self) -> dict[str, Any]:
        """What `create_client` takes more than `create_key`."""
        is_machine = self.cleaned_data["use"] == "machine"
        return {
            "grants": _GRANTS[self.cleaned_data["use"]],
            "redirect_uris": [] if is_machine else self.cleaned_data["redirect_uris"],
            "is_public": self.cleaned_data["runs"] == "public",
            "requires_dpop": self.cleaned_data["requires_dpop"],
        }
