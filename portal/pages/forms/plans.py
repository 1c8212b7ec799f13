"""Choosing a plan for an application."""

from typing import Any

from django import forms

from catalog.models import Api
from plans.models import Plan
from plans.self_service import check_choice


class ChoosePlanForm(forms.Form):
    """`plan` and `api` by slug, each of those that the page offered; `accepted` is the digest of the plan's terms."""

    plan = forms.ModelChoiceField(Plan.objects.filter(is_public=True), to_field_name="slug", widget=forms.HiddenInput)
    api = forms.ModelChoiceField(Api.objects.all(), to_field_name="slug", label="API", widget=forms.HiddenInput)
    accepted = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """A plan that is not offered for the API is an error of the form."""
        values = super().clean() or {}
        if "plan" in values and "api" in values:
            check_choice(values["plan"], values["api"])
        return values
