"""`/clients/<id>/console/`: every request of a client's grants, ready to copy; and a token, got and tried from here."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.models import Api
from contract.access_tokens import audience
from contract.settings import settings
from keys.listing import access_client
from keys.models import Client, Credential, Grant
from portal.pages.app_frame import credential_frame
from portal.pages.dpop_sample import PROOF_PROGRAM
from portal.pages.oauth_steps import Challenge, Console
from portal.pages.person import person
from portal.pages.token_trial import apis_of, chosen_api, readable, take_trial
from portal.reference.first_call import call_to


@never_cache
@login_required
@require_safe
def client_console(request: HttpRequest, client_id: str) -> HttpResponse:
    """The steps for the API of `?api=`, the first of its plans' unless said."""
    credential = access_client(person(request), client_id)
    apis = apis_of(credential)
    api = chosen_api(apis, request.GET.get("api", ""))
    context = {**credential_frame(credential), "oauth": credential.client, "apis": apis, "api": api}
    if api:
        context |= _steps(credential, api) | {"trial": take_trial(request, credential)}
    return render(request, "clients/console.html", context)


def _steps(credential: Credential, api: Api) -> dict[str, Any]:
    operation = readable(credential, api)
    resource = audience(settings().gateway_base, api.slug)
    console = Console.of(
        credential,
        portal=settings().portal_base,
        audience=resource,
        call_url=call_to(operation, settings().gateway_base).url if operation else resource,
    )
    return {
        "operation": operation,
        "calls_for_itself": Grant.CLIENT_CREDENTIALS in credential.client.grants,
        "grants": _grants(credential.client, console),
        "addresses": _addresses(console),
        **(_proof(console) if console.requires_dpop else {}),
    }


def _grants(client: Client, console: Console) -> list[tuple[str, str, list[Any]]]:
    grants = []
    if Grant.CLIENT_CREDENTIALS in client.grants:
        grants.append(("machine", "For itself: client credentials", console.machine_steps()))
    if Grant.AUTHORIZATION_CODE in client.grants:
        steps = console.people_steps(Challenge.new())
        grants.append(("people", "For people: authorization code with PKCE", steps))
    return grants


def _addresses(console: Console) -> list[tuple[str, str]]:
    portal = console.portal
    return [
        ("Client id", console.client_id),
        ("Issuer", portal),
        ("Metadata", f"{portal}/.well-known/oauth-authorization-server"),
        ("Resource", console.audience),
    ]


def _proof(console: Console) -> dict[str, str]:
    return {
        "proof_program": PROOF_PROGRAM,
        "proof_for_token": f"PROOF=$(python dpop.py POST {console.portal}/oauth/token/)",
        "proof_for_call": f'PROOF=$(python dpop.py GET {console.call_url.partition("?")[0]} "$TOKEN")',
    }
