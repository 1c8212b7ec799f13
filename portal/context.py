"""What every template may use."""

from django.http import HttpRequest

from contract.settings import settings

THEMES = frozenset({"light", "dark"})


def portal(request: HttpRequest) -> dict[str, object]:
    """`brand`, the gateway's public address, and the theme chosen by cookie ("" follows the system)."""
    theme = request.COOKIES.get("theme", "")
    return {
        "brand": settings().brand,
        "gateway_base": settings().gateway_base,
        "theme": theme if theme in THEMES else "",
        "request_id": getattr(request, "request_id", ""),
    }
