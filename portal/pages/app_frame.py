"""What the pages of one application share: its head, its tabs, the way back."""

from typing import Any

from django.urls import reverse

from accounts.models import Application
from keys.models import Credential, Kind, Status

_NAMES = {"app": "Overview", "keys": "Keys", "clients": "OAuth", "logs": "Logs", "app_settings": "Settings"}


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


def credential_frame(credential: Credential) -> dict[str, Any]:
    """The context of a page about one key or client: the frame, itself, and where its own place is."""
    is_client = credential.kind == Kind.CLIENT
    return {
        **app_frame(credential.application, "clients" if is_client else "keys", here=credential.name),
        "key": credential,
        "back_url": place_of(credential),
        "back_words": "The client" if is_client else "All keys",
        "is_public": credential.is_public_client,
    }


def place_of(credential: Credential) -> str:
    """The address where it stands: a client's own page, the list of keys."""
    if credential.kind == Kind.CLIENT:
        return reverse("client", args=[credential.public_id])
    return reverse("keys", args=[credential.application.public_id])


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
