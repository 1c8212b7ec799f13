"""What every template may use."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.access import organisations_of
from accounts.models import Organisation, User
from contract.settings import settings

THEMES = frozenset({"light", "dark"})


def portal(request: HttpRequest) -> dict[str, object]:
    """`brand`, the gateway's public address, the theme chosen by cookie ("" follows the system), and `organisation`.

    The organisation is the person's first one and costs a query only where it is asked for; pages of an application
    put that application's organisation in its place.
    """
    theme = request.COOKIES.get("theme", "")
    return {
        "brand": settings().brand,
        "gateway_base": settings().gateway_base,
        "theme": theme if theme in THEMES else "",
        "request_id": getattr(request, "request_id", ""),
        "organisation": SimpleLazyObject(lambda: _first_organisation(request)),
    }


def _first_organisation(request: HttpRequest) -> Organisation | None:
    user = getattr(request, "user", None)
    return organisations_of(user).first() if isinstance(user, User) else None
