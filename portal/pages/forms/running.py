"""The form that makes a call from a page."""

from django import forms
from django.core.exceptions import ValidationError

from accounts.access import applications_of
from accounts.models import User
from contract.key_format import digest_key, is_well_formed
from contract.settings import settings
from keys.models import Credential


class RunForm(forms.Form):
    """Takes a key of the person's own and nobody else's; `credential` is the one it belongs to."""

    key = forms.CharField(
        label="Your key",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )

    def __init__(self, user: User, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._user = user
        self.credential: Credential | None = None

    def clean_key(self) -> str:
        """The key as given. One message for every reason, as the gateway has one status."""
        key = str(self.cleaned_data["key"])
        if is_well_formed(key):
            digest = digest_key(key, settings().secret_bytes("key_pepper"))
            own = Credential.objects.filter(application__in=applications_of(self._user).order_by())
            self.credential = own.filter(secrets__digest=digest).first()
        if self.credential is None:
            raise ValidationError("This is not a key of yours. Paste the whole key, from pc_ to its last character.")
        return key
