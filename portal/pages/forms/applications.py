"""Forms on applications."""

from django import forms

from portal.origins_field import OriginsField


class ApplicationForm(forms.Form):
    """An application's name, when it is made and when it is renamed."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="What calls: a service, a script, a site. Only your team sees the name."
    )


class OriginsForm(forms.Form):
    """The web pages that may read the application's answers."""

    cors_origins = OriginsField(
        label="Origins",
        help_text="One a line, such as https://app.example.com. Scripts of a page read answers where the API lets the "
        "page in and, if you name any origin, it is one of these.",
    )
