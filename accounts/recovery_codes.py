"""Codes to print and put away: each stands in once for a second factor that is lost."""

import secrets

from django.core.exceptions import ValidationError
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from accounts.account_letters import tell_owner
from accounts.models import User
from accounts.second_factor import has_second_factor, recovery_digest
from audit.actors import Actor
from audit.writing import record_event, write

RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 10


@write
def make_recovery_codes(user: User, *, actor: Actor) -> list[str]:
    """Ten new codes, which are shown once; the former ones are void. Raises ValidationError without a factor."""
    User.objects.select_for_update().get(pk=user.pk)
    if not has_second_factor(user):
        raise ValidationError("Recovery codes stand in for a second factor. Add one first.")
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="Recovery codes", confirmed=True)
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=recovery_digest(user, code)) for code in codes)
    record_event(actor, "recovery_codes.made", user)
    tell_owner(user, "New recovery codes were made, and the former ones are void")
    return codes


def _new_recovery_code() -> str:
    """49 bits, in two groups."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return f"{text[:5]}-{text[5:]}"
