"""From the signals of allauth and Django to the audit log: signing in and out, e-mail addresses."""

from typing import Any

from allauth.account import signals
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from accounts.account_events import note_act, note_address
from accounts.models import User
from portal.browsers import note_sign_in
from portal.pages.person import actor_for


def _note(request: HttpRequest, user: User, action: str, changes: dict[str, Any] | None = None) -> None:
    note_act(user, action, actor=actor_for(user, request), changes=changes)


@receiver(signals.user_signed_up)
def _signed_up(request: HttpRequest, user: User, sociallogin: Any = None, **_: Any) -> None:
    through = {"through": [None, sociallogin.account.provider]} if sociallogin else {}
    _note(request, user, "person.signed_up", {"email": [None, user.email], **through})


@receiver(signals.user_logged_in)
def _signed_in(request: HttpRequest, user: User, response: HttpResponse | None = None, **_: Any) -> None:
    note_sign_in(request, user, response)


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        _note(request, user, "person.signed_out")


@receiver(signals.email_added)
def _email_added(request: HttpRequest, user: User, email_address: Any, **_: Any) -> None:
    note_address(user, "person.email_added", None, email_address.email, actor=actor_for(user, request))


@receiver(signals.email_removed)
def _email_removed(request: HttpRequest, user: User, email_address: Any, **_: Any) -> None:
    email, actor = email_address.email, actor_for(user, request)
    former = [email] if email_address.verified else []
    note_address(user, "person.email_removed", email, None, actor=actor, former=former)


@receiver(signals.email_confirmed)
def _email_confirmed(request: HttpRequest, email_address: Any, **_: Any) -> None:
    _note(request, email_address.user, "person.email_confirmed", {"email": [None, email_address.email]})


@receiver(signals.email_changed)
def _email_changed(request: HttpRequest, user: User, from_email_address: Any, to_email_address: Any, **_: Any) -> None:
    before = from_email_address.email if from_email_address else None
    note_address(user, "person.email_changed", before, to_email_address.email, actor=actor_for(user, request))
