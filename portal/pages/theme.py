"""`/theme/`: keep the reader's theme in a cookie and go back."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from portal.context import THEMES
from portal.pages.redirects import see_other

YEAR_SECONDS = 365 * 24 * 3600


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """`theme=dark`, `next=/apps/`; any theme but light and dark follows the system again."""
    response = see_other(_way_back(request))
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        response.delete_cookie("theme", samesite="Lax")
        return response
    response.set_cookie(
        "theme", chosen, max_age=YEAR_SECONDS, secure=request.is_secure(), httponly=True, samesite="Lax"
    )
    return response


def _way_back(request: HttpRequest) -> str:
    """A path of the portal: browsers read `\\` as `/`, and a path of two slashes names another host."""
    target = request.POST.get("next", "")
    is_local = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_local else "/"
