"""`/apps/<id>/keys/` and `/keys/<id>/…`: what an application calls with."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MANAGE_KEYS, access_application
from accounts.models import Application
from analytics.calls import last_call_at
from catalog.models import Operation
from contract.settings import settings
from keys.listing import access_key, keys_of
from keys.models import Credential, Status
from keys.writes import create_key, rename_key, revoke_key
from plans.access import plans_open_to
from plans.coverage import scopes_within_plans
from plans.reach import operations_within_plans, plans_with
from portal.pages.app_frame import app_frame
from portal.pages.filled_samples import filled_samples
from portal.pages.forms.keys import KeyNameForm, NewKeyForm, access_initial, has_confirmed_address
from portal.pages.person import actor_of, person
from portal.pages.redirects import see_other
from portal.pages.shown_once import keep_secret, take_secret
from portal.reference.first_call import call_to


class Reach(NamedTuple):
    """An operation and whether the chosen scopes open it."""

    operation: Operation
    is_open: bool


@never_cache
@login_required
@require_safe
def keys(request: HttpRequest, app_id: str) -> HttpResponse:
    """Every key of the application, the revoked last."""
    application = access_application(person(request), app_id)
    rows = keys_of(application)
    in_use = sum(not row.is_revoked for row in rows)
    return render(request, "keys/list.html", {**app_frame(application, "keys", keys=in_use), "rows": rows})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_new(request: HttpRequest, app_id: str) -> HttpResponse:
    """GET shows the form, filled in from `?scopes=a+b`, and what the choices so far could call; POST makes the key.

    POST with `show` only shows the same, for browsers without JavaScript.
    """
    application = access_application(person(request), app_id, MANAGE_KEYS)
    form = _new_key_form(request, application)
    if request.method != "POST" or "show" in request.POST:
        return _new_key_page(request, application, form)
    if not form.is_valid():
        return _new_key_page(request, application, form, status=422)
    try:
        made = create_key(
            application,
            form.cleaned_data["name"],
            actor=actor_of(request),
            environment=form.cleaned_data["environment"],
            scopes=form.granted(),
            networks=form.cleaned_data["networks"],
            expires_at=form.expires_at,
            created_by=person(request),
        )
    except ValidationError as error:
        form.add_error(None, error.messages)
        return _new_key_page(request, application, form, status=422)
    keep_secret(request.session, made.credential.public_id, made.secret)
    return see_other(reverse("key_created", args=[made.credential.public_id]))


def _new_key_form(request: HttpRequest, application: Application) -> NewKeyForm:
    scopes = scopes_within_plans(application)
    if request.method == "POST":
        shown = "show" in request.POST
        return NewKeyForm(person(request), scopes, request.POST, use_required_attribute=not shown)
    wanted = request.GET.get("scopes", "").replace(",", " ").split()[:50]
    initial = {**access_initial(scopes & set(wanted)), **_chosen(request)}
    if request.GET.get("environment") == "live":
        initial["environment"] = "live"
    return NewKeyForm(person(request), scopes, initial=initial)


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """What a page that is open has chosen so far, when it asks what that could call."""
    chosen: dict[str, Any] = {name: value for name, value in request.GET.items() if name.startswith("access-")}
    return chosen | ({"others": request.GET.getlist("others")} if "others" in request.GET else {})


def _new_key_page(request: HttpRequest, application: Application, form: NewKeyForm, status: int = 200) -> HttpResponse:
    granted = set(form.granted())
    operations = operations_within_plans(application)
    reach = [Reach(one, not one.scope or one.scope in granted) for one in operations]
    wanted = request.GET.get("scopes", "").replace(",", " ").split()[:50]
    missing = set(wanted) - {scope for resource in form.resources for scope in resource.scopes_at(resource.levels[-1])}
    context = {
        **app_frame(application, "keys", here="New key"),
        "form": form,
        "reach": reach,
        "open_count": sum(one.is_open for one in reach),
        "granted": sorted(granted),
        "elsewhere": _elsewhere(request, form, missing),
        "can_be_live": has_confirmed_address(person(request)),
    }
    return render(request, "keys/new.html", context, status=status)


def _elsewhere(request: HttpRequest, form: NewKeyForm, missing: set[str]) -> list[tuple[str, str]]:
    """Scopes that were asked for but stand in no plan of the application, and which plan has them."""
    if "others" in form.fields:
        missing -= {scope for scope, _ in form.fields["others"].choices}  # type: ignore[attr-defined]
    if not missing:
        return []
    plans = plans_with(missing, plans_open_to(person(request)))
    return [(scope, str(plans.get(scope, ""))) for scope in sorted(missing)]


@never_cache
@login_required
@require_safe
def key_created(request: HttpRequest, key_id: str) -> HttpResponse:
    """The secret, to whoever made it, once."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    secret = take_secret(request.session, key_id) if request.method == "GET" else ""
    context = {**app_frame(credential.application, "keys", here=credential.name), "key": credential, "secret": secret}
    operation = _readable(credential)
    sample = filled_samples(call_to(operation, settings().gateway_base), secret)[0].code if operation else ""
    return render(request, "keys/created.html", context | {"sample": sample})


def _readable(credential: Credential) -> Operation | None:
    """A list that the key may read, to try it on."""
    for operation in operations_within_plans(credential.application):
        is_open = not operation.scope or operation.scope in credential.scopes
        if is_open and operation.method == "GET" and "{" not in operation.path:
            return operation
    return None


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_rename(request: HttpRequest, key_id: str) -> HttpResponse:
    """One field."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    form = KeyNameForm(request.POST or None, initial={"name": credential.name})
    if request.method == "POST" and form.is_valid():
        rename_key(credential, form.cleaned_data["name"], actor=actor_of(request))
        messages.success(request, "The key has its new name.")
        return see_other(reverse("keys", args=[credential.application.public_id]))
    context = {**app_frame(credential.application, "keys", here=credential.name), "key": credential, "form": form}
    return render(request, "keys/rename.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_revoke(request: HttpRequest, key_id: str) -> HttpResponse:
    """GET asks once more, saying when the key called last. POST revokes: for good, everywhere within a second."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    if request.method == "POST":
        return _revoke(request, credential)
    called = Credential.objects.filter(pk=credential.pk).values_list(last_call_at(), flat=True)
    context = {**app_frame(credential.application, "keys", here=credential.name), "key": credential}
    return render(request, "keys/revoke.html", context | {"last_used_at": called.first()})


def _revoke(request: HttpRequest, credential: Credential) -> HttpResponse:
    if credential.status != Status.REVOKED:
        revoke_key(credential, actor=actor_of(request))
    messages.success(request, f"{credential} is revoked. Calls with it answer 401.")
    return see_other(reverse("keys", args=[credential.application.public_id]))
