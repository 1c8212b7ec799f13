"""From a form to a write and on to the next page: refusals become the form's errors, success a 303 with its receipt."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from audit.actors import Actor
from portal.pages.person import actor_for
from portal.pages.redirects import SeeOther
from portal.staff.gateways import in_force


def actor_of(request: HttpRequest) -> Actor:
    """The person behind this request."""
    return actor_for(request.user, request)  # type: ignore[arg-type]


def saved(form: forms.BaseForm, write: Callable[[], object]) -> bool:
    """Run the write; what it refuses stands in the form afterwards."""
    try:
        write()
    except ValidationError as error:
        show_refusal(form, error)
        return False
    return True


def show_refusal(form: forms.BaseForm, error: ValidationError) -> None:
    """Put a write's refusal beside the fields it names, or above the form."""
    named = error.error_dict if hasattr(error, "error_dict") else {None: [error]}
    for name, errors in named.items():
        for each in errors:
            form.add_error(name if name in form.fields else None, each.messages)


def done(request: HttpRequest, text: str, to: str) -> HttpResponse:
    """Go on to `to`, which says what was done and how far it is in force."""
    messages.success(request, f"{text} {in_force(request)}".strip())
    return SeeOther(to)


def saved_rows(rows: forms.BaseFormSet, write: Callable[[], object]) -> bool:
    """The same for a table of forms: what the write refuses stands above the table."""
    try:
        write()
    except ValidationError as error:
        rows.non_form_errors().extend(error.messages)
        return False
    return True
