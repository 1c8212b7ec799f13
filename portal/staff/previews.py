"""What a plan's masks make of an answer: the same rules and the same masker as at the gateway."""

from typing import Any, NamedTuple

import msgspec
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from catalog.models import Operation
from contract.masking.masker import Withheld, compile_masker
from contract.masking.rules import MaskRule
from contract.settings import settings
from plans.models import Mask, Plan
from plans.records import mask_rule
from plans.visibility import rules_for, selects
from portal.reference.examples import answer_text
from portal.staff.consoles import console
from portal.staff.plans import trail_of_plan

SUBJECT = "preview"
"""Hashes differ by consumer; these are nobody's."""
MOST_SAMPLE_CHARACTERS = 200_000


class Preview(NamedTuple):
    """`after` is None where the answer would be withheld, for `withheld`; `hits` are the rules that named something."""

    before: str
    after: str | None
    hits: tuple[str, ...] = ()
    withheld: str = ""


class SampleForm(forms.Form):
    """An operation of the plan and an answer of it; without one, the example of its document."""

    operation = forms.ModelChoiceField(
        queryset=Operation.objects.none(), to_field_name="public_id", required=False, label="Sample of"
    )
    body = forms.CharField(
        label="Answer to try it on",
        required=False,
        strip=False,
        max_length=MOST_SAMPLE_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 10, "class": "mono", "spellcheck": "false"}),
        help_text="JSON. Empty: the example of the operation's document.",
    )

    def __init__(self, data: Any, *, plan: Plan) -> None:
        super().__init__(data)
        field: Any = self.fields["operation"]
        field.queryset = Operation.objects.filter(version__plans=plan).select_related("version__api")
        field.empty_label = "Choose an operation"
        field.label_from_instance = lambda operation: f"{operation.version}: {operation}"

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError without an operation, or without a body where the document has no example."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("operation"):
            self.add_error("operation", "Choose the operation whose answer it is.")
        elif not str(cleaned.get("body", "")).strip():
            cleaned["body"] = answer_text(cleaned["operation"])
            if not cleaned["body"]:
                self.add_error("body", "The document has no example for it: paste an answer.")
        return cleaned


def previewed(plan: Plan, sample: SampleForm, changed: Mask | None, values: dict[str, Any]) -> Preview:
    """The preview with one mask added, or `changed` replaced, as `values` say."""
    operation = sample.cleaned_data["operation"]
    others = plan.masks.exclude(pk=changed.pk) if changed else plan.masks.all()
    masks = [*others, Mask(plan=plan, **values)]
    return preview([mask_rule(mask) for mask in masks if selects(mask, operation)], sample.cleaned_data["body"])


def preview(rules: list[MaskRule], body: str) -> Preview:
    """Mask a body as the gateway would."""
    hash_key = settings().secret_bytes("mask_hash_key")
    masker = compile_masker(rules, hash_key=hash_key, hash_key_id="1", subject=SUBJECT)
    before = _indented(body.encode())
    try:
        masked = masker.mask(body.encode())
    except Withheld as withheld:
        return Preview(before, None, withheld=withheld.reason)
    return Preview(before, _indented(masked.body), masked.fields)


def _indented(body: bytes) -> str:
    """With line breaks, numbers in the same text; what is not JSON as it stands."""
    try:
        return msgspec.json.format(body, indent=2).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return body.decode("utf-8", "replace")


@console(Plan, "view")
def plan_preview(request: HttpRequest, public_id: str) -> HttpResponse:
    """All masks of a plan on an answer."""
    plan = get_object_or_404(Plan, public_id=public_id)
    form = SampleForm(request.POST or None, plan=plan)
    shown = None
    if form.is_bound and form.is_valid():
        shown = preview(rules_for(plan, form.cleaned_data["operation"]), form.cleaned_data["body"])
    context = {"title": "Preview", "trail": trail_of_plan(plan), "plan": plan, "sample": form, "preview": shown}
    return render(request, "staff/plan_preview.html", context, status=422 if form.errors else 200)
