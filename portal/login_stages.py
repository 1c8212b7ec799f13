"""The second step of signing in: a code from the authenticator app of whoever has enrolled one."""

from typing import Any

from allauth.account.stages import LoginStage
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.second_factor import has_second_factor


class CodeStage(LoginStage):
    """Holds the login until `/login/code/` has seen a right code."""

    key = "login_code"
    urlname = "login_code"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """(answer, whether the login goes on)."""
        user: Any = self.login.user
        if user is None or not has_second_factor(user):
            return None, True
        return redirect(self.urlname), True
