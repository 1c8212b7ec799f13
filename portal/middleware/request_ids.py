"""A request id on every request, in its log lines and on its answer."""

import time
from collections.abc import Awaitable, Callable

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from contract.request_ids import new_request_id

log = structlog.get_logger("portal.request")


class RequestIdMiddleware:
    """Ours only: what a client sends under the name is not believed. One log line a request, without its query."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> object:
        if iscoroutinefunction(self):
            return self._serve(request)
        started = _begin(request)
        return _end(request, self.get_response(request), started)  # type: ignore[arg-type]

    async def _serve(self, request: HttpRequest) -> HttpResponseBase:
        started = _begin(request)
        return _end(request, await self.get_response(request), started)


def _begin(request: HttpRequest) -> float:
    request.request_id = new_request_id()  # type: ignore[attr-defined]
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request.request_id)  # type: ignore[attr-defined]
    return time.monotonic()


def _end(request: HttpRequest, response: HttpResponseBase, started: float) -> HttpResponseBase:
    response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
    log.info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        duration_ms=round((time.monotonic() - started) * 1000, 1),
    )
    return response
