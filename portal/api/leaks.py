"""`POST /api/leaks`: secret scanners tell us of our keys that they found.

The answer says how many items came, whether or not a key is among them: what is ours is looked up by the worker.
"""

from hmac import compare_digest

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from audit.actors import Actor
from contract.settings import settings
from keys.leak_tokens import MOST_TOKENS
from keys.leaks import Found, receive

MOST_BYTES = 256 * 1024


class Item(msgspec.Struct):
    """One token that was found, what the scanner takes it for, and where it was. Other fields are ignored."""

    token: str
    type: str = ""
    url: str = ""


_DECODER = msgspec.json.Decoder(list[Item])


@csrf_exempt
@never_cache
def leaks(request: HttpRequest) -> HttpResponse:
    """202 with the number of items; 404 while no LEAK_REPORT_TOKEN is set."""
    token = settings().leak_report_token
    if token is None:
        raise Http404
    if request.method != "POST":
        return _refusal(405, "Send POST.", {"Allow": "POST"})
    if not compare_digest(_bearer(request), token.get_secret_value().encode()):
        return _refusal(401, "Send the token of leak reports as Authorization: Bearer.", {"WWW-Authenticate": "Bearer"})
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return _refusal(413, f"Send at most {MOST_BYTES} bytes at once.")
    return _received(request, body)


def _bearer(request: HttpRequest) -> bytes:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip().encode() if scheme.lower() == "bearer" else b""


def _received(request: HttpRequest, body: bytes) -> HttpResponse:
    try:
        items = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _refusal(400, 'Send a JSON list such as [{"type": "…", "token": "…", "url": "…"}].')
    if len(items) > MOST_TOKENS:
        return _refusal(413, f"Send at most {MOST_TOKENS} tokens at once.")
    actor = Actor("system", "leak-reports", "Leak report", request.request_id)  # type: ignore[attr-defined]
    receive((Found(item.token, item.type, item.url) for item in items), actor=actor)
    return JsonResponse({"received": len(items)}, status=202)


def _refusal(status: int, detail: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """A problem (RFC 9457) without a type of its own."""
    body = {"type": "about:blank", "status": status, "detail": detail}
    return JsonResponse(body, status=status, headers=headers, content_type="application/problem+json")
