"""What goes back: a status, a body, and the problems of RFC 9457."""

from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

PROBLEM_BASE = "https://rowan-clinic.example/problems/"

_encoder = msgspec.json.Encoder(decimal_format="number")


class Reply(NamedTuple):
    """``headers`` are finished header lines, each with its line end."""

    status: int
    body: bytes
    content_type: bytes = b"application/json"
    headers: bytes = b""


class Refusal(Exception):
    """A request that is not done; ``extra`` are further members of the problem."""

    def __init__(self, status: int, kind: str, detail: str, *, headers: bytes = b"", **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.headers = headers
        self.extra = extra


def encoded(value: Any) -> bytes:
    """JSON in which a ``Decimal`` keeps its text and an integer all its digits."""
    return _encoder.encode(value)


def problem(refusal: Refusal) -> Reply:
    document = {
        "type": PROBLEM_BASE + refusal.kind,
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": refusal.detail,
        **refusal.extra,
    }
    return Reply(refusal.status, encoded(document), b"application/problem+json", refusal.headers)


def not_found(what: str) -> Refusal:
    return Refusal(404, "not-found", f"There is no such {what}.")


def invalid(detail: str, pointer: str) -> Refusal:
    """``pointer`` is a JSON Pointer into the body, or ``?name`` for a query parameter."""
    return Refusal(422, "invalid", "A value is not as it should be.", errors=[{"at": pointer, "detail": detail}])
