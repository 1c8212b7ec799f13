"""`/account/`, and allauth's forms with our manners: 422 for what is not valid, 303 after an action."""

from typing import Any

from allauth.account import views
from allauth.account.models import EmailAddress
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.second_factor import has_second_factor
from plans.coverage import default_plan
from portal.oidc.ways import SIGNING_UP, offer_in, route_of
from portal.pages.person import person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import way_on


class Manners:
    """A mixin before allauth's form views."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """422 (RFC 9110, section 15.5.21), with the form as it was."""
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = 422
        return response

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """303, so that the answer is fetched with GET whatever the client makes of 302."""
        response: HttpResponse = super().post(*args, **kwargs)  # type: ignore[misc]
        if response.status_code == 302:
            response.status_code = 303
        return response


class LoginView(Manners, views.LoginView):
    """E-mail address and password."""

    def get_context_data(self, **how: Any) -> dict[str, Any]:
        """With the way through the provider, where it may be an end user's."""
        context: dict[str, Any] = super().get_context_data(**how)
        return context | {"offer": offer_in(self.request)}


class SignupView(Manners, views.SignupView):
    """E-mail address and password; organisation, application and test key are made with the person, except on the way
    to a consent page."""

    def get_context_data(self, **how: Any) -> dict[str, Any]:
        """With the terms that signing up accepts, for whoever will have an organisation and was not invited into one
        that has its own."""
        allows = route_of(way_on(self.request)) in SIGNING_UP
        context: dict[str, Any] = super().get_context_data(**how)
        context |= {"offer": offer_in(self.request, SIGNING_UP), "allows": allows}
        plan = None if allows or self.request.session.get("account_verified_email") else default_plan()
        if plan and plan.terms_digest:
            context |= {"plan": plan, "hidden": [("accepted", plan.terms_digest)]}
        return context


class LogoutView(Manners, views.LogoutView):
    """Asks first, because a link must not sign anybody out."""


@method_decorator([login_required, recent_login_required], name="dispatch")
class EmailView(Manners, views.EmailView):
    """A person's addresses: confirm, choose, add, remove."""


@method_decorator([login_required, recent_login_required], name="dispatch")
class PasswordChangeView(Manners, views.PasswordChangeView):
    """Needs the old password."""


@method_decorator([login_required, recent_login_required], name="dispatch")
class PasswordSetView(Manners, views.PasswordSetView):
    """For a person without a password."""


class PasswordResetView(Manners, views.PasswordResetView):
    """Sends a link, with the same answer for unknown addresses."""


class PasswordResetFromKeyView(Manners, views.PasswordResetFromKeyView):
    """Where that link leads."""


@never_cache
@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Who is signed in, and where each part of the account is changed."""
    addresses = EmailAddress.objects.filter(user=request.user).order_by("-primary", "email")
    context = {"nav": "account", "addresses": addresses, "has_factor": has_second_factor(person(request))}
    return render(request, "account_page/account.html", context)
