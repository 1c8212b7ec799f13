"""Refusals as RFC 6749, section 5.2 has them: a JSON object with `error`, kept by nobody."""

import json
from typing import Any

from django.http import HttpResponse, JsonResponse

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Refusal(Exception):
    """What is wrong with a request, in the words of the specifications."""

    def __init__(self, error: str, description: str, status: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(error)
        self.body = {"error": error, "error_description": description}
        self.status = status
        self.headers = headers or {}


class InvalidClient(Refusal):
    """One answer, whoever the client would have been."""

    def __init__(self) -> None:
        challenge = {"WWW-Authenticate": 'Basic realm="OAuth clients", charset="UTF-8"'}
        super().__init__("invalid_client", "Client authentication failed.", 401, challenge)


class Unavailable(Refusal):
    """Something is missing that no token can be issued without."""

    def __init__(self) -> None:
        super().__init__("temporarily_unavailable", "Try again in a moment.", 503, {"Retry-After": "5"})


def answer(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> JsonResponse:
    """A JSON answer that nobody may keep."""
    return JsonResponse(body, status=status, headers={**NO_STORE, **(headers or {})})


def refused(refusal: Refusal) -> HttpResponse:
    """A refusal as an answer."""
    return answer(refusal.body, refusal.status, refusal.headers)


def passed_on(body: str | None, status: int, headers: dict[str, str]) -> HttpResponse:
    """An answer of oauthlib's, with our headers."""
    return refused(InvalidClient()) if status == 401 else answer(json.loads(body or "{}"), status, headers)
