"""`/apps/<id>/keys/` and `/keys/<id>/…`: what an application calls with."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MANAGE_KEYS, access_application
from analytics.calls import last_call_at
from contract.settings import settings
from keys.listing import access_key, keys_of
from keys.models import Credential, Kind, Secret, Status
from keys.rotation import rotation_of
from keys.writes import rename_key, revoke_key
from plans.reach import operations_within_plans
from portal.pages.app_frame import app_frame, credential_frame, place_of
from portal.pages.credential_needs import demands_on
from portal.pages.filled_samples import filled_samples
from portal.pages.forms.keys import KeyNameForm
from portal.pages.person import actor_of, person
from portal.pages.redirects import see_other
from portal.pages.shown_once import take_secret
from portal.reference.first_call import call_to, first_readable


@never_cache
@login_required
@require_safe
def keys(request: HttpRequest, app_id: str) -> HttpResponse:
    """Every key of the application, the revoked last."""
    application = access_application(person(request), app_id)
    rows = keys_of(application)
    in_use = [row.credential for row in rows if not row.is_revoked]
    context = {
        **app_frame(application, "keys", keys=len(in_use)),
        "heading": "Keys",
        "rows": rows,
        "demands": demands_on(application, in_use, timezone.now()),
    }
    return render(request, "keys/list.html", context)


@never_cache
@login_required
@require_safe
def key_created(request: HttpRequest, key_id: str) -> HttpResponse:
    """The secret, to whoever made it, once."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    secret = take_secret(request.session, key_id) if request.method == "GET" else ""
    context = {
        **credential_frame(credential),
        "secret": secret,
        "retiring": _retiring(credential),
        "demands": demands_on(credential.application, [credential], timezone.now()),
    }
    return render(request, "keys/created.html", context | {"sample": _sample(credential, secret)})


def _retiring(credential: Credential) -> Secret | None:
    return rotation_of(credential, timezone.now()).retiring if credential.has_secret else None


def _sample(credential: Credential, secret: str) -> str:
    """A first call with a key; a client gets a token first."""
    if credential.kind == Kind.CLIENT:
        return ""
    operation = first_readable(operations_within_plans(credential.application), credential.scopes)
    return filled_samples(call_to(operation, settings().gateway_base), secret)[0].code if operation else ""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_rename(request: HttpRequest, key_id: str) -> HttpResponse:
    """One field."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    form = KeyNameForm(request.POST or None, initial={"name": credential.name})
    if request.method == "POST" and form.is_valid():
        rename_key(credential, form.cleaned_data["name"], actor=actor_of(request))
        messages.success(request, f"The {credential.kind} has its new name.")
        return see_other(place_of(credential))
    context = {**credential_frame(credential), "form": form}
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
    context = {**credential_frame(credential), "last_used_at": called.first()}
    return render(request, "keys/revoke.html", context)


def _revoke(request: HttpRequest, credential: Credential) -> HttpResponse:
    if credential.status != Status.REVOKED:
        revoke_key(credential, actor=actor_of(request))
    messages.success(request, f"{credential} is revoked. Calls with it answer 401.")
    return see_other(place_of(credential))
