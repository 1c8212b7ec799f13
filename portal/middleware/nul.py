"""NUL in an address: PostgreSQL stores none in texts, so a look-up with one would fail instead of finding nothing."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import Http404, HttpRequest
from django.utils.decorators import sync_and_async_middleware

#: U+FFFD, percent-encoded: like NUL it is in no name of ours, but every database can look for it.
REPLACEMENT = "%EF%BF%BD"


@sync_and_async_middleware
def nul_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """A path with NUL is not found; in a query NUL becomes the replacement character, which finds nothing."""
    if iscoroutinefunction(get_response):

        async def serve_later(request: HttpRequest) -> Any:
            _see_to(request)
            return await get_response(request)

        return serve_later

    def serve(request: HttpRequest) -> Any:
        _see_to(request)
        return get_response(request)

    return serve


def _see_to(request: HttpRequest) -> None:
    if "\0" in request.path_info:
        raise Http404
    if "%00" in request.META.get("QUERY_STRING", ""):
        request.META["QUERY_STRING"] = request.META["QUERY_STRING"].replace("%00", REPLACEMENT)
