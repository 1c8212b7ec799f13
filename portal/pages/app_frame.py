"""What the pages of one application share: its head, its tabs, the way back."""

from typing import Any

from django.urls import reverse

from accounts.models import Application
from keys.models import Credential, Status

_NAMES = {"app": "Overview", "keys": "Keys", "logs": "Logs", "app_settings": "Settings"}


def app_frame(application: Application, current: str, *, here: str = "", keys: int | None = None) -> dict[str, Any]:
    """The context of `apps/frame.html`. `here` names a page below the tab; `keys` not given costs a query."""
    if keys is None:
        keys = Credential.objects.filter(application=application).exclude(status=Status.REVOKED).count()
    return {
        "nav": "apps",
        "application": application,
        "organisation": application.organisation,
        "tabs": _tabs(application, keys),
        "current": current,
        "trail": _trail(application, current, here),
        "here": here or (application.name if current == "app" else _NAMES[current]),
    }


def _tabs(application: Application, keys: int) -> list[dict[str, Any]]:
    def tab(name: str, text: str, count: int | None = None) -> dict[str, Any]:
        return {"name": name, "text": text, "count": count, "url": reverse(name, args=[application.public_id])}

    return [tab(name, text, keys if name == "keys" else None) for name, text in _NAMES.items()]


def _trail(application: Application, current: str, here: str) -> list[tuple[str, str]]:
    trail = [(reverse("apps"), "Apps")]
    if current != "app":
        trail.append((reverse("app", args=[application.public_id]), application.name))
    if here:
        trail.append((reverse(current, args=[application.public_id]), _NAMES[current]))
    return trail
