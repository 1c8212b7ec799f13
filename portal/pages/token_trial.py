"""`/clients/<id>/console/token/`: a token for a client that calls for itself, tried at once, shown once."""

import msgspec
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import MANAGE_KEYS, NotVisible
from catalog.models import Api, Operation
from contract.jws import base64url_decode
from contract.settings import settings
from keys.listing import access_client
from keys.models import Credential
from keys.tokens_by_hand import issue_by_hand
from plans.coverage import active_subscriptions
from plans.reach import operations_within_plans
from portal.gateway_client import GatewayUnreachable, get
from portal.pages.json_text import indented
from portal.pages.person import actor_of, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import see_other
from portal.pages.shown_once import keep_secret, take_secret
from portal.reference.first_call import call_to, first_readable

MOST_CHARACTERS = 800


class Trial(msgspec.Struct):
    """A token, and what the gateway answered to it. `status` 0: it did not; `url` "": there was nothing to read."""

    token: str
    url: str = ""
    status: int = 0
    body: str = ""
    request_id: str = ""

    @property
    def claims(self) -> str:
        """What the token says, to be read."""
        return indented(base64url_decode(self.token.split(".")[1]).decode())


@never_cache
@login_required
@require_POST
@recent_login_required
def client_token(request: HttpRequest, client_id: str) -> HttpResponse:
    """Get one for the API of the form and call with it."""
    credential = access_client(person(request), client_id, MANAGE_KEYS)
    api = chosen_api(apis_of(credential), request.POST.get("api", ""))
    if api is None:
        raise NotVisible(client_id)
    try:
        token = issue_by_hand(credential, api, actor=actor_of(request)).text
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        keep_secret(request.session, _name(credential), msgspec.json.encode(_tried(credential, api, token)).decode())
    query = urlencode({"api": api.slug})
    return see_other(f"{reverse('client_console', args=[client_id])}?{query}#run")


def take_trial(request: HttpRequest, credential: Credential) -> Trial | None:
    """The last one, which is gone from now on. A HEAD takes nothing away."""
    text = take_secret(request.session, _name(credential)) if request.method == "GET" else ""
    return msgspec.json.decode(text, type=Trial) if text else None


def _name(credential: Credential) -> str:
    return f"trial of {credential.public_id}"


def _tried(credential: Credential, api: Api, token: str) -> Trial:
    operation = readable(credential, api)
    if operation is None:
        return Trial(token)
    url = call_to(operation, settings().gateway_base).url
    try:
        answer = get(url, token)
    except GatewayUnreachable:
        return Trial(token, url)
    return Trial(token, url, answer.status, _beginning(indented(answer.body)), answer.request_id)


def _beginning(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"


def apis_of(credential: Credential) -> list[Api]:
    """What the application's plans cover, by name."""
    return sorted((one.api for one in active_subscriptions(credential.application)), key=lambda api: api.title)


def chosen_api(apis: list[Api], slug: str) -> Api | None:
    """The one that is asked for, else the first."""
    return next((one for one in apis if one.slug == slug), apis[0] if apis else None)


def readable(credential: Credential, api: Api) -> Operation | None:
    """A list at the API that the client may read."""
    within = [one for one in operations_within_plans(credential.application) if one.version.api_id == api.pk]
    return first_readable(within, credential.scopes_in_force)
