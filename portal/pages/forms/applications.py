"""Forms on applications."""

from django import forms


class ApplicationForm(forms.Form):
    """An application's name, when it is made and when it is renamed."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="What calls: a service, a script, a site. Only your team sees the name."
    )
