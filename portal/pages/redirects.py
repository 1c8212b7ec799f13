"""Where an action leads."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


class SeeOther(HttpResponseRedirect):
    """303 (RFC 9110, section 15.4.4): the answer to a POST stands elsewhere, to be read with GET."""

    status_code = 303


def see_other(path: str) -> SeeOther:
    """The answer of every action that went well."""
    return SeeOther(path)


def way_on(request: HttpRequest) -> str:
    """`?next=` where it is an address of ours, else the start page."""
    target = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours else settings.LOGIN_REDIRECT_URL
