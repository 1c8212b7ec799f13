"""Time-based one-time codes (TOTP, RFC 6238) as the second factor of a person; at most one authenticator each."""

from base64 import b32encode
from binascii import unhexlify
from urllib.parse import quote, urlencode

from django_otp import verify_token
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from accounts.models import User
from audit.actors import Actor
from audit.writing import record_event, write

MOST_FAILURES_COUNTED = 12
"""After n failures the next try must wait 2^(n-1) seconds: here 34 minutes, which leaves 42 guesses a day."""


class WrongCode(ValueError):
    """The code does not fit now, was used before, or too many wrong ones came just before. Never said which."""

    def __init__(self) -> None:
        super().__init__("That code does not fit. Wait for the next one and type it in.")


class AlreadyEnrolled(ValueError):
    """The person has an authenticator already."""


def has_second_factor(user: User) -> bool:
    """Whether a code is asked for at login."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


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


def check_code(user: User, code: str) -> TOTPDevice:
    """The authenticator that made the code; each code serves once. Raises WrongCode."""
    device = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    verified = device and verify_token(user, device.persistent_id, code)
    if not verified:
        _bound_wait(user)
        raise WrongCode
    return verified


def _bound_wait(user: User) -> None:
    """Each failure doubles the wait without an end; bounded, nobody can lock the owner out for good."""
    devices = TOTPDevice.objects.filter(user=user, throttling_failure_count__gt=MOST_FAILURES_COUNTED)
    devices.update(throttling_failure_count=MOST_FAILURES_COUNTED)


@write
def enrol(user: User, key: str, code: str, *, actor: Actor) -> TOTPDevice:
    """Keep the authenticator that shows the right code for `key`. Raises WrongCode, AlreadyEnrolled."""
    User.objects.select_for_update().get(pk=user.pk)
    if has_second_factor(user):
        raise AlreadyEnrolled
    device = TOTPDevice(user=user, key=key, name="Authenticator", confirmed=True)
    # Verifying saves the device, also where it counts a wrong code; raising takes that back.
    if not device.verify_token(code):
        raise WrongCode
    record_event(actor, "second_factor.enrolled", user)
    return device
