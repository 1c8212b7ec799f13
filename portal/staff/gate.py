"""The one way into `/admin/`: staff only, verified by a second factor, and of Wagtail's own views only what we use.

Wagtail's login, password, account, user and group views know nothing of the second factor or of the audit log, so
whatever is not named below or in guide_editor.py does not exist.
"""

from collections.abc import Callable
from typing import Any

from csp.constants import SELF
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django_otp import user_has_device

from portal.pages.errors import not_found
from portal.staff import guide_editor
from portal.staff.guide_editor import View

PREFIX = "/admin/"
NAMESPACE = "staff"
OPEN_WAGTAIL_VIEWS = frozenset({"wagtailadmin_sprite", "wagtailadmin_javascript_catalog"})
ACCESS = "wagtailadmin.access_admin"
#: Wagtail's stylesheet holds one picture as data; nothing else of ours or theirs asks for more.
POLICY_UPDATE = {"img-src": [SELF, "data:"]}


class StaffGateMiddleware:
    """Stands before every address under `/admin/`, those that lead nowhere included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        return refusal(request) or _under_policy(self.get_response(request))

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        """404 for views of Wagtail's that are not opened. Raises BadRequest for NUL in a form."""
        match = request.resolver_match
        if not request.path_info.startswith(PREFIX) or match is None:
            return None
        if any("\0" in text for values in request.POST.lists() for text in (values[0], *values[1])):
            raise BadRequest("NUL in a form")
        if match.view_name in guide_editor.VIEWS:
            return guide_editor.serve_editor(request, view, args, kwargs)
        is_open = match.namespace == NAMESPACE or match.view_name in OPEN_WAGTAIL_VIEWS
        return None if is_open else not_found(request)


def refusal(request: HttpRequest) -> HttpResponse | None:
    """What stands in this person's way: login, second factor, a missing permission; 404 for who is not staff."""
    user = request.user
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path(), reverse(settings.LOGIN_URL))
    if not user.is_staff:
        return not_found(request)
    if not user.is_verified():  # type: ignore[union-attr]
        step = "login_code" if user_has_device(user) else "second_factor"
        return redirect(f"{reverse(step)}?{urlencode({'next': request.get_full_path()})}")
    return None if user.has_perm(ACCESS) else no_access(request)


def no_access(request: HttpRequest) -> HttpResponse:
    """403 for staff who have been given nothing yet."""
    return render(request, "staff/no_access.html", status=403)


def _under_policy(response: HttpResponse) -> HttpResponse:
    response._csp_update = POLICY_UPDATE  # type: ignore[attr-defined]
    return response
