"""What everybody may know of the server: its metadata (RFC 8414) and its keys (RFC 7517)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from contract.dpop import ALGORITHMS
from contract.settings import settings
from keys.models import Grant
from keys.signing_keys import jwk_set
from portal.oauth.browsers import readable_by_pages

#: Shorter than keys.signing_keys.LEAD: whoever keeps the keys knows the next one before it signs.
JWKS_SECONDS = 300
_AUTHENTICATION = ["client_secret_basic", "client_secret_post"]


@readable_by_pages
@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """`/.well-known/oauth-authorization-server`."""
    base = settings().portal_base
    body = {
        "issuer": base,
        "authorization_endpoint": base + reverse("oauth_authorize"),
        "token_endpoint": base + reverse("oauth_token"),
        "jwks_uri": base + reverse("oauth_jwks"),
        "revocation_endpoint": base + reverse("oauth_revoke"),
        "introspection_endpoint": base + reverse("oauth_introspect"),
        "service_documentation": base + reverse("docs"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": sorted([*Grant.values, "refresh_token"]),
        "token_endpoint_auth_methods_supported": [*_AUTHENTICATION, "none"],
        "revocation_endpoint_auth_methods_supported": [*_AUTHENTICATION, "none"],
        "introspection_endpoint_auth_methods_supported": _AUTHENTICATION,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
    }
    return JsonResponse(body, headers={"Cache-Control": f"public, max-age={JWKS_SECONDS}"})


@readable_by_pages
@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """`/oauth/jwks.json`: the next key stands in it before it signs, an old one until its tokens have expired."""
    headers = {"Cache-Control": f"public, max-age={JWKS_SECONDS}"}
    return JsonResponse(jwk_set(timezone.now()), headers=headers, content_type="application/jwk-set+json")
