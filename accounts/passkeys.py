"""Passkeys (WebAuthn level 3): the two ceremonies, each begun and finished, around django-otp-webauthn's helper.

Its views are not used: they sign people in past the login's stages and keep no audit event. `state` is JSON, serves one
ceremony, and is void after five minutes.
"""

import time
from typing import Any

from django.core.exceptions import ValidationError
from django_otp_webauthn.exceptions import OTPWebAuthnApiError
from django_otp_webauthn.helpers import WebAuthnHelper
from django_otp_webauthn.models import WebAuthnCredential
from webauthn.helpers.exceptions import WebAuthnException

from accounts.account_letters import tell_owner
from accounts.models import User
from audit.actors import Actor
from audit.writing import record_event, write

LIFETIME_SECONDS = 300
MOST_PASSKEYS = 20
State = dict[str, Any]


class PasskeyRefused(ValidationError):
    """The browser's answer does not prove what it should. Never said why."""

    def __init__(self) -> None:
        super().__init__("That did not work. Try it again, or use another way.")


class _Helper(WebAuthnHelper):
    def get_credential_name(self, user: User) -> str:
        return user.email

    def get_credential_display_name(self, user: User) -> str:
        return user.get_full_name()


def begin_enrolment(user: User) -> tuple[dict[str, Any], State]:
    """(options for navigator.credentials.create, state)."""
    return _stamped(_Helper(None).register_begin(user))


@write
def finish_enrolment(user: User, name: str, state: State, answer: Any, *, actor: Actor) -> WebAuthnCredential:
    """Keep the passkey. Raises PasskeyRefused, ValidationError for one too many."""
    User.objects.select_for_update().get(pk=user.pk)
    if WebAuthnCredential.objects.filter(user=user).count() >= MOST_PASSKEYS:
        raise ValidationError(f"A person has at most {MOST_PASSKEYS} passkeys. Remove one first.")
    _check_age(state)
    try:
        passkey = _Helper(None).register_complete(user, state, answer)
    except (OTPWebAuthnApiError, WebAuthnException, KeyError, TypeError, ValueError) as error:
        raise PasskeyRefused from error
    passkey.name = name
    passkey.save(update_fields=["name"])
    record_event(actor, "passkey.added", user, changes={"name": [None, name]})
    tell_owner(user, f"The passkey {name} was added")
    return passkey


def begin_proof(user: User | None) -> tuple[dict[str, Any], State]:
    """(options for navigator.credentials.get, state). Without a user any passkey of ours will do, and the device must
    check who holds it."""
    options, state = _Helper(None).authenticate_begin(user, require_user_verification=user is None)
    return _stamped((options, state))


def finish_proof(user: User | None, state: State, answer: Any) -> WebAuthnCredential:
    """The passkey that answered, one of `user`'s where there is one. Raises PasskeyRefused."""
    _check_age(state)
    try:
        passkey = _Helper(None).authenticate_complete(user, state, answer)
    except (OTPWebAuthnApiError, WebAuthnException, KeyError, TypeError, ValueError) as error:
        raise PasskeyRefused from error
    if not (passkey.confirmed and passkey.user.is_active):
        raise PasskeyRefused
    return passkey


def _stamped(begun: tuple[dict[str, Any], State]) -> tuple[dict[str, Any], State]:
    options, state = begun
    return options, {**state, "at": int(time.time())}


def _check_age(state: State) -> None:
    if not 0 <= time.time() - state.get("at", 0) <= LIFETIME_SECONDS:
        raise PasskeyRefused
