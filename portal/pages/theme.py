"""`/theme/`: keep the reader's theme in a cookie and go back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from portal.context import THEMES

YEAR_SECONDS = 365 * 24 * 3600


@require_safe
def choose_theme(request: HttpRequest) -> HttpResponse:
    """`?theme=dark&next=/apps/`; any theme but light and dark follows the system again."""
    response = redirect(_way_back(request))
    chosen = request.GET.get("theme", "")
    if chosen not in THEMES:
        response.delete_cookie("theme", samesite="Lax")
        return response
    response.set_cookie(
        "theme", chosen, max_age=YEAR_SECONDS, secure=request.is_secure(), httponly=True, samesite="Lax"
    )
    return response


def _way_back(request: HttpRequest) -> str:
    target = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours else "/"
