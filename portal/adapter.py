"""Where allauth's sign-up and login meet ours."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.actors import user_actor
from keys.onboarding import welcome
from portal.pages.shown_once import keep_secret


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up makes organisation, application and test key; login asks for the second factor where there is one."""

    def get_login_stages(self) -> list[str]:
        """allauth's own stages, then the code."""
        return [*super().get_login_stages(), "portal.login_stages.CodeStage"]

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """The person, and what a new person finds."""
        user = super().save_user(request, user, form, commit=True)
        made = welcome(user, actor=user_actor(user, getattr(request, "request_id", "")))
        if made.key:
            keep_secret(request.session, made.key.credential.public_id, made.key.secret)
        return user
