"""The forms of subscriptions."""

from typing import Any

from django import forms

from catalog.models import Api
from plans.models import Plan, Subscription


class SubscribeForm(forms.Form):
    """A plan for one API."""

    api = forms.ModelChoiceField(queryset=Api.objects.all(), to_field_name="public_id", label="API")
    plan = forms.ModelChoiceField(queryset=Plan.objects.all(), to_field_name="public_id")


class SubscriptionForm(forms.Form):
    """Another plan, or another status, of a subscription that stays the same row."""

    plan = forms.ModelChoiceField(queryset=Plan.objects.all(), to_field_name="public_id", empty_label=None)
    status = forms.ChoiceField(choices=[("active", "active"), ("suspended", "suspended"), ("ended", "ended")])
    reason = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed to suspend or end it; kept in the audit log with your name.",
    )

    def __init__(self, *args: Any, subscription: Subscription, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"plan": subscription.plan.public_id, "status": subscription.status}

    def clean(self) -> dict[str, Any]:
        """Asks for a reason where the consumer loses something."""
        cleaned = super().clean() or self.cleaned_data
        is_cut = "status" in self.changed_data and cleaned.get("status") != "active"
        if is_cut and not str(cleaned.get("reason", "")).strip():
            self.add_error("reason", "Say why.")
        return cleaned
