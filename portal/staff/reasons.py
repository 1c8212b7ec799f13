"""A page that asks why before it does something that people will feel."""

from django import forms


class ReasonForm(forms.Form):
    """The reason stands in the audit log."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept in the audit log with your name.",
    )
