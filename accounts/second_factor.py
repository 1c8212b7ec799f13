"""What a person shows besides the password: a code of an authenticator app, a passkey, or a recovery code."""

import hashlib
import hmac
from base64 import b32encode
from binascii import unhexlify
from typing import NamedTuple
from urllib.parse import quote, urlencode

from django.core.exceptions import ValidationError
from django_otp import verify_token
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.util import random_hex
from django_otp_webauthn.models import WebAuthnCredential

from accounts.account_letters import tell_owner
from accounts.authenticators import Authenticator
from accounts.code_tries import try_code
from accounts.models import Membership, User
from audit.actors import Actor
from audit.writing import record_event, write
from contract.settings import settings

_DIGITS = 6


class WrongCode(ValueError):
    """The code does not fit now, was used before, or too many wrong ones came just before. Never said which."""

    def __init__(self) -> None:
        super().__init__("That code does not fit. Wait for the next one and type it in.")


class AlreadyEnrolled(ValueError):
    """The person has an authenticator already."""


class LastFactor(ValidationError):
    """It is the last one of a person who must have one."""

    def __init__(self) -> None:
        super().__init__("This is your last second factor, and you must have one. Add another one first.")


class Factors(NamedTuple):
    """What a person has. Recovery codes alone are no second factor."""

    authenticator: Authenticator | None
    passkeys: list[WebAuthnCredential]
    recovery_codes_left: int


def factors_of(user: User) -> Factors:
    """Three queries."""
    passkeys = WebAuthnCredential.objects.filter(user=user, confirmed=True).order_by("created_at", "id")
    left = StaticToken.objects.filter(device__user=user).count()
    return Factors(_authenticator_of(user), list(passkeys), left)


def _authenticator_of(user: User) -> Authenticator | None:
    return Authenticator.objects.filter(user=user, confirmed=True).select_related("user").first()


def has_authenticator(user: User) -> bool:
    """Whether a code can be asked for."""
    return Authenticator.objects.filter(user=user, confirmed=True).exists()


def has_second_factor(user: User) -> bool:
    """Whether one is asked for at login."""
    return has_authenticator(user) or WebAuthnCredential.objects.filter(user=user, confirmed=True).exists()


def must_have_second_factor(user: User) -> bool:
    """Staff, and members of an organisation that asks for it."""
    return user.is_staff or Membership.objects.filter(user=user, organisation__requires_second_factor=True).exists()


def new_key() -> str:
    """A fresh shared secret, 160 bits as hex."""
    return str(random_hex(20))


def readable_key(key: str) -> str:
    """The secret as authenticator apps take it by hand: base32 in groups of four."""
    text = b32encode(unhexlify(key)).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def enrolment_url(user: User, key: str, issuer: str) -> str:
    """The otpauth address that the QR code holds."""
    secret = b32encode(unhexlify(key)).decode()
    return f"otpauth://totp/{quote(f'{issuer}:{user.email}')}?{urlencode({'secret': secret, 'issuer': issuer})}"


def check_code(user: User, code: str, place: str) -> Device:
    """The authenticator that made the code, or the recovery codes of which it was one; each serves once.

    `place` is where the try comes from (`place_of`). Raises WrongCode.
    """
    found = _try_app(user, code, place) if len(code) == _DIGITS else _try_recovery_code(user, code)
    if found is None:
        raise WrongCode
    return found


def _try_app(user: User, code: str, place: str) -> Device | None:
    app = _authenticator_of(user)
    return try_code(app, code, place) if app else None


def _try_recovery_code(user: User, code: str) -> Device | None:
    """Not slowed down: 49 bits cannot be guessed, and it is the owner's way past whoever guesses the app's codes."""
    device = StaticDevice.objects.filter(user=user).first()
    return verify_token(user, device.persistent_id, recovery_digest(user, code)) if device else None


@write
def enrol(user: User, key: str, code: str, *, actor: Actor) -> Authenticator:
    """Keep the authenticator that shows the right code for `key`. Raises WrongCode, AlreadyEnrolled."""
    User.objects.select_for_update().get(pk=user.pk)
    if has_authenticator(user):
        raise AlreadyEnrolled
    device = Authenticator.enrolled(user, key)
    # Verifying saves the device, also where it counts a wrong code; raising takes that back.
    if not device.verify_token(code):
        raise WrongCode
    record_event(actor, "second_factor.enrolled", user)
    tell_owner(user, "An authenticator app was added")
    return device


@write
def remove_authenticator(user: User, *, actor: Actor) -> None:
    """Forget the app. Raises LastFactor; nothing happens to who has none."""
    User.objects.select_for_update().get(pk=user.pk)
    Authenticator.objects.filter(user=user).delete()
    _check_rest(user)
    record_event(actor, "second_factor.removed", user)
    tell_owner(user, "The authenticator app was removed")


@write
def remove_passkey(passkey: WebAuthnCredential, *, actor: Actor) -> None:
    """Forget a passkey. Raises LastFactor."""
    user = User.objects.select_for_update().get(pk=passkey.user_id)
    WebAuthnCredential.objects.filter(pk=passkey.pk).delete()
    _check_rest(user)
    record_event(actor, "passkey.removed", user, changes={"name": [passkey.name, None]})
    tell_owner(user, f"The passkey {passkey.name} was removed")


@write
def rename_passkey(passkey: WebAuthnCredential, name: str, *, actor: Actor) -> None:
    """Give a passkey another name."""
    before, passkey.name = passkey.name, name
    passkey.save(update_fields=["name"])
    record_event(actor, "passkey.renamed", passkey.user, changes={"name": [before, name]})


def _check_rest(user: User) -> None:
    """Whoever needs a factor has one left; without any, recovery codes would recover nothing."""
    if has_second_factor(user):
        return
    if must_have_second_factor(user):
        raise LastFactor
    StaticDevice.objects.filter(user=user).delete()


def recovery_digest(user: User, code: str) -> str:
    """What is kept of a recovery code: the first 64 bits of its HMAC-SHA-256 under KEY_PEPPER, as hex."""
    plain = "".join(char for char in code.lower() if char.isalnum())
    message = f"recovery:{user.public_id}:{plain}".encode()
    return hmac.new(settings().secret_bytes("key_pepper"), message, hashlib.sha256).hexdigest()[:16]
