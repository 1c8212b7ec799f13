from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from guides import previews
        from portal import account_events  # noqa: F401 (its receivers)
        from portal.pages.guides import preview

        previews.register(preview)

        user_logged_in.connect(_note_login, dispatch_uid="recent login")


def _note_login(request: Any, **_: Any) -> None:
    """However somebody signs in, signing up included."""
    from portal.recent_login import note_proof

    note_proof(request.session)
