"""The second step of signing in, for whoever has a second factor: a code, or a passkey."""

from typing import Any

from allauth.account.stages import LoginStage
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.second_factor import has_second_factor

BY_PASSKEY = "by passkey"
"""In a login's state: the passkey that began it has checked who holds it, which is two factors at once."""


class CodeStage(LoginStage):
    """Holds the login until `/login/code/` has seen a right code or a passkey."""

    key = "login_code"
    urlname = "login_code"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """(answer, whether the login goes on)."""
        user: Any = self.login.user
        if user is None or self.login.state.get(BY_PASSKEY) or not has_second_factor(user):
            return None, True
        return redirect(self.urlname), True
