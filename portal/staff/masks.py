"""`/admin/plans/<id>/masks/…`: one mask of a plan, tried on a sample before it is saved."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from plans.models import Mask, Plan
from plans.writes import add_mask, change_mask, remove_mask
from portal.pages.redirects import SeeOther
from portal.staff.consoles import console
from portal.staff.form_page import form_page
from portal.staff.plan_forms import MaskForm
from portal.staff.plans import trail_of_plan
from portal.staff.previews import SampleForm, previewed
from portal.staff.saving import actor_of, done, saved


@console(Plan, "change")
def mask_new(request: HttpRequest, public_id: str) -> HttpResponse:
    """Add a mask."""
    plan = get_object_or_404(Plan, public_id=public_id)
    form = MaskForm(request.POST or None, plan=plan, instance=Mask(plan=plan, action="redact"))
    if form.is_valid() and request.POST.get("step") == "save":
        values = form.values()
        if saved(form, lambda: add_mask(plan, actor=actor_of(request), **values)):
            return done(request, f"The mask on {values['path']} is added.", reverse("staff:plan", args=[public_id]))
    return _page(request, form, plan, "Add a mask")


@console(Plan, "change")
def mask_edit(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """Change a mask."""
    plan = get_object_or_404(Plan, public_id=public_id)
    mask = get_object_or_404(plan.masks, pk=number)
    form = MaskForm(request.POST or None, plan=plan, instance=plan.masks.get(pk=number))
    if form.is_valid() and request.POST.get("step") == "save":
        values = form.values()
        if saved(form, lambda: change_mask(mask, actor=actor_of(request), **values)):
            return done(request, f"The mask on {values['path']} is saved.", reverse("staff:plan", args=[public_id]))
    return _page(request, form, plan, "Change the mask", mask)


@console(Plan, "change")
def mask_remove(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """Take a mask away, from its own page."""
    plan = get_object_or_404(Plan, public_id=public_id)
    mask = get_object_or_404(plan.masks, pk=number)
    if request.method != "POST":
        return SeeOther(reverse("staff:mask", args=[public_id, number]))
    remove_mask(mask, actor=actor_of(request))
    text = f"The mask on {mask.path} is removed; the plan shows the field again."
    return done(request, text, reverse("staff:plan", args=[public_id]))


def _page(request: HttpRequest, form: MaskForm, plan: Plan, title: str, mask: Mask | None = None) -> HttpResponse:
    sample = SampleForm(request.POST or None, plan=plan)
    is_tried = form.is_bound and form.is_valid() and request.POST.get("step") == "preview" and sample.is_valid()
    context: dict[str, Any] = {
        "plan": plan,
        "mask": mask,
        "sample": sample,
        "preview": previewed(plan, sample, mask, form.values()) if is_tried else None,
    }
    return form_page(
        request,
        form,
        title=title,
        submit="Save the mask",
        trail=trail_of_plan(plan),
        template="staff/mask.html",
        **context,
    )
