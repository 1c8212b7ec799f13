"""A page that is a form."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

Trail = list[tuple[str, str]]


def form_page(
    request: HttpRequest,
    form: forms.BaseForm,
    *,
    title: str,
    submit: str,
    trail: Trail,
    lead: str = "",
    template: str = "staff/form_page.html",
    **more: Any,
) -> HttpResponse:
    """The form, or with 422 the form and its errors. Cancel leads to the last page of the trail."""
    context = {
        "form": form,
        "title": title,
        "submit": submit,
        "trail": trail,
        "cancel_url": trail[-1][0],
        "lead": lead,
        **more,
    }
    return render(request, template, context, status=422 if form.errors else 200)
