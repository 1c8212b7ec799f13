"""Where allauth's sign-up and login meet ours."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from accounts.account_events import save_password
from accounts.devices import digest_of_mark
from accounts.sign_ins import is_known_browser
from keys.onboarding import welcome
from portal.browsers import mark_of
from portal.client_address import nearest_stranger, proxies
from portal.pages.person import actor_for
from portal.pages.shown_once import keep_secret


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up makes organisation, application and test key, except on the way to a consent page; login asks for the
    second factor where there is one."""

    def get_login_stages(self) -> list[str]:
        """allauth's own stages, then the code."""
        return [*super().get_login_stages(), "portal.login_stages.CodeStage"]

    def get_client_ip(self, request: HttpRequest) -> str:
        """What limits count by. Behind proxies of ours it is the address that they were asked from."""
        peer, forwarded_for = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
        return nearest_stranger(peer, forwarded_for, proxies()) or super().get_client_ip(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """A browser that has signed in to the account before has tries of its own: strangers who guess the password
        cannot use them up, and lock the owner out."""
        key, mark = super()._get_login_attempts_cache_key(request, **credentials), mark_of(request)
        known = is_known_browser(credentials.get("email", ""), mark)
        return f"{key}:{digest_of_mark(mark)}" if known else key

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """The person, and what a new person finds: who was invited finds the organisation that invited them."""
        user = super().save_user(request, user, form, commit=True)
        if not self._comes_invited(request, user) and not self._comes_to_allow(request):
            self._welcome(request, user)
        return user

    def _comes_to_allow(self, request: HttpRequest) -> bool:
        """On the way to a consent page: a client sent them, and they need nothing of their own."""
        target = request.POST.get("next") or request.GET.get("next") or ""
        return target.partition("?")[0] == reverse("oauth_authorize")

    def _comes_invited(self, request: HttpRequest, user: Any) -> bool:
        """Another address than the invited one is nobody's word for anything, so it is forgotten."""
        invited = request.session.get("account_verified_email") or ""
        if invited.lower() != user.email.lower():
            self.unstash_verified_email(request)
            return False
        return True

    def _welcome(self, request: HttpRequest, user: Any) -> None:
        made = welcome(user, actor=actor_for(user, request), accepted=request.POST.get("accepted", ""))
        if made.key:
            keep_secret(request.session, made.key.credential.public_id, made.key.secret)

    def set_password(self, user: Any, password: str) -> None:
        """A change or a reset, as a write of ours."""
        user.set_password(password)
        save_password(user, actor=actor_for(user, self.request))
