"""An organisation may ask for a second factor: until the session has shown one, only what sets it up opens."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from portal.browsers import note_seen

#: What somebody needs to get in, to get a factor, and to get out again. Whatever is not named here waits.
OPEN_ROUTES = frozenset(
    {
        "login_code",
        "passkey_begin",
        "passkey_finish",
        "second_factor",
        "second_factor_picture",
        "security",
        "passkey_enrol_begin",
        "passkey_enrol",
        "account",
        "sessions",
        "session_end",
        "sessions_end",
        "theme",
        "status",
        "healthz",
        "readyz",
        "robots",
        "favicon",
    }
)
_OPEN_PREFIX = "account_"
_STAFF_NAMESPACE = "staff"


class FactorRuleMiddleware:
    """The staff side has a gate of its own, which asks for more."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: object, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """To the second step, or to where a factor is set up. What is open to all must open without a database."""
        match = request.resolver_match
        if match is None or _is_open(match.view_name):
            return None
        if request.user.is_authenticated:
            note_seen(request.session)
        if match.namespace == _STAFF_NAMESPACE or not _waits(request):
            return None
        step = "login_code" if request.user.has_factor else "security"  # type: ignore[union-attr]
        return redirect(f"{reverse(step)}?{urlencode({'next': request.get_full_path()})}")


def _waits(request: HttpRequest) -> bool:
    return getattr(request.user, "must_verify", False) and not request.user.is_verified()  # type: ignore[union-attr]


def _is_open(name: str) -> bool:
    return name in OPEN_ROUTES or name.startswith(_OPEN_PREFIX)
