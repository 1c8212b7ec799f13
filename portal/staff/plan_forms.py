"""The forms of plans, limits and masks. They check; the write functions save."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from catalog.models import Operation, Version
from plans.checks import MOST_LIMITS, check_limit, check_mask
from plans.models import Limit, Mask, Plan
from portal.staff.mask_places import PlaceField

SPARE_ROWS = 2


class PlanForm(forms.ModelForm):
    """What a plan is and covers. The price is typed in whole currency units and kept in cents."""

    price = forms.DecimalField(label="Price a month", min_value=0, max_value=1_000_000, decimal_places=2)
    versions = forms.ModelMultipleChoiceField(
        queryset=Version.objects.select_related("api"), required=False, widget=forms.CheckboxSelectMultiple
    )
    scopes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Plan
        fields = [
            "name",
            "description",
            "terms",
            "currency",
            "position",
            "is_default",
            "is_public",
            "filters_undeclared",
            "on_leak",
        ]
        widgets = {"description": forms.Textarea(attrs={"rows": 2}), "terms": forms.Textarea(attrs={"rows": 8})}
        help_texts = {"is_default": "The plan that has this now gives it up."}

    field_order = ["name", "slug", "description", "price", "currency", "versions", "scopes", "terms"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["scopes"].choices = [(scope, scope) for scope in _known_scopes(self.instance)]
        fields["scopes"].initial = self.instance.scopes
        fields["price"].initial = Decimal(self.instance.price_cents) / 100
        if self.instance.pk:
            fields["versions"].initial = self.instance.versions.all()

    def _get_validation_exclusions(self) -> set[str]:
        """That only one plan is given at sign-up is the write's to see to: it takes that from the other."""
        return {*super()._get_validation_exclusions(), "is_default"}

    def clean_currency(self) -> str:
        """Three capital letters (ISO 4217)."""
        currency = str(self.cleaned_data["currency"]).upper()
        if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
            raise ValidationError("Three letters such as EUR.")
        return currency

    def values(self) -> dict[str, Any]:
        """What the write function takes."""
        values = dict(self.cleaned_data)
        return values | {"price_cents": int(values.pop("price") * 100), "versions": list(values["versions"])}


class NewPlanForm(PlanForm):
    """The name in addresses is chosen once."""

    class Meta(PlanForm.Meta):
        fields = ["name", "slug", *PlanForm.Meta.fields[1:]]
        labels = {"slug": "name in addresses"}
        help_texts = {**PlanForm.Meta.help_texts, "slug": "Such as free. It stays as it is."}


def _known_scopes(plan: Plan) -> list[str]:
    """What operations ask for, and what the plan has had so far."""
    asked = Operation.objects.exclude(scope="").order_by().values_list("scope", flat=True).distinct()
    return sorted({*asked, *plan.scopes})


class LimitForm(forms.ModelForm):
    """One row of the limits' table."""

    class Meta:
        model = Limit
        fields = ["name", "kind", "amount", "period_seconds", "burst", "window", "anchored"]
        labels = {"period_seconds": "Period, seconds", "anchored": "Windows begin with the subscription"}
        help_texts = dict.fromkeys(("period_seconds", "burst", "window", "anchored"), "")

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a limit that could not be enforced as it reads."""
        values = super().clean() or self.cleaned_data
        if not self.errors:
            check_limit(values)
        return values


class _Rows(forms.BaseFormSet):
    """Limits of one plan: rows without a name and an amount are empty, names are unique."""

    def clean(self) -> None:
        kept = [form for form in self.forms if form.has_changed() and not self._should_delete_form(form)]
        names: set[str] = set()
        for form in kept:
            name = form.cleaned_data.get("name")
            if name in names:
                form.add_error("name", "Another limit has this name.")
            names.add(name)

    def values(self) -> list[dict[str, Any]]:
        """What the write function takes."""
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and not self._should_delete_form(form)]
        return [{name: row[name] for name in LimitForm.Meta.fields} for row in kept]


LimitRows = forms.formset_factory(
    LimitForm, formset=_Rows, extra=SPARE_ROWS, max_num=MOST_LIMITS, absolute_max=MOST_LIMITS, can_delete=True
)


class NamesField(forms.CharField):
    """Cleans to a list of names."""

    widget = forms.TextInput(attrs={"class": "mono", "spellcheck": "false"})

    def __init__(self, **how: Any) -> None:
        super().__init__(required=False, max_length=2_000, **how)

    def clean(self, value: Any) -> Any:
        """Raises ValidationError for a text that is too long."""
        return super().clean(value).replace(",", " ").split()


class MaskForm(forms.ModelForm):
    """One rule and where it applies."""

    place = PlaceField(label="Where")
    parameters = NamesField(
        label="Parameters refused with it",
        help_text="Query parameters that filter or sort by the field and so would tell it, separated by spaces.",
    )

    class Meta:
        model = Mask
        fields = ["path", "action", "keep", "precision", "is_required"]
        widgets = {"path": forms.TextInput(attrs={"class": "mono", "spellcheck": "false"})}
        labels = {"path": "Field, as JSONPath"}
        help_texts = {
            "path": "Such as $.email, $.items[*].phone or $..insurance_number.",
            "keep": "For keeping the last or first characters: how many.",
            "precision": "For generalise: year, month or day for dates, a step such as 10 for numbers.",
        }

    field_order = ["place", "path", "action", "keep", "precision", "is_required", "parameters"]

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place: Any = self.fields["place"]
        place.offer(plan, self.instance)
        self.fields["parameters"].initial = " ".join(self.instance.parameters)

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError, at the path, for a rule that gateways could not compile."""
        values = super().clean() or self.cleaned_data
        if not self.errors:
            check_mask(*(values[name] for name in self.Meta.fields))
        return values

    def values(self) -> dict[str, Any]:
        """What the write function takes."""
        rule = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return rule | self.cleaned_data["place"]._asdict() | {"parameters": self.cleaned_data["parameters"]}
