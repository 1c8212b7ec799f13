"""`@recent_login_required`, for pages on keys, members and factors: a session left open is not enough for them."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django_htmx.http import HttpResponseClientRedirect

from portal.pages.redirects import see_other
from portal.recent_login import is_recent

View = Callable[..., HttpResponse]


def recent_login_required(view: View) -> View:
    """Sends whoever proved themselves too long ago to `/reauthenticate/` and back. Stands below `login_required`.

    A session without the second factor that the person has meanwhile is sent to show that first.

    It asks before the form is shown, so that nothing typed is lost; a form sent too late is not carried out, and the
    way back leads to the page on which it stood.
    """

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not _is_whole(request):
            return _ask(request, "login_code")
        return view(request, *args, **kwargs) if is_recent(request.session) else _ask(request, "account_reauthenticate")

    return guarded


def _is_whole(request: HttpRequest) -> bool:
    user = request.user
    return user.is_verified() or not getattr(user, "has_factor", False)  # type: ignore[union-attr]


def _ask(request: HttpRequest, step: str) -> HttpResponse:
    target = f"{reverse(step)}?{urlencode({'next': _way_back(request)})}"
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(target)
    if request.method == "POST":
        messages.warning(request, "Nothing is changed yet. Show that it is you, then do it again.")
    return see_other(target)


def _way_back(request: HttpRequest) -> str:
    """The page itself; for a form, and for a part of a page, the page on which it stood."""
    if request.method in ("GET", "HEAD") and not request.htmx:  # type: ignore[attr-defined]
        return request.get_full_path()
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return request.path
    parts = urlsplit(page)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
