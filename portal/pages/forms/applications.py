"""Forms on applications."""

from collections.abc import Collection
from typing import Any

from django import forms

from accounts.models import Organisation
from portal.origins_field import OriginsField


class ApplicationForm(forms.Form):
    """An application's name, when it is made and when it is renamed."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="What calls: a service, a script, a site. Only your team sees the name."
    )


class NewApplicationForm(ApplicationForm):
    """Asks for the organisation too, where there are several to choose from."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), empty_label="Choose one", to_field_name="public_id"
    )
    field_order = ["name", "organisation"]

    def __init__(self, choices: Collection[Organisation], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._only = next(iter(choices)) if len(choices) == 1 else None
        if self._only:
            del self.fields["organisation"]
        else:
            field = self.fields["organisation"]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = Organisation.objects.filter(pk__in=[each.pk for each in choices]).order_by("name", "id")

    @property
    def chosen(self) -> Organisation:
        """Of a form that is valid."""
        found: Organisation = self._only or self.cleaned_data["organisation"]
        return found


class OriginsForm(forms.Form):
    """The web pages that may read the application's answers."""

    cors_origins = OriginsField(
        label="Origins",
        help_text="One a line, such as https://app.example.com. Scripts of a page read answers where the API lets the "
        "page in and, if you name any origin, it is one of these.",
    )
