"""Which web pages may read the answers of the endpoints that programs ask (CORS): programs in browsers are clients too.

No cookie is looked at there, so an answer tells a page nothing but what it asked with.
"""

import functools
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Endpoint = Callable[[HttpRequest], HttpResponse]
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, DPoP",
    "Access-Control-Max-Age": "600",
}


def readable_by_pages(view: Endpoint) -> Endpoint:
    """Any page's program may ask and read; `OPTIONS` is answered here."""

    @functools.wraps(view)
    def served(request: HttpRequest) -> HttpResponse:
        is_preflight = request.method == "OPTIONS"
        response = HttpResponse(status=204, headers=_PREFLIGHT) if is_preflight else view(request)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "DPoP-Nonce, WWW-Authenticate"
        return response

    return served
