"""Authenticator apps: django-otp's table of TOTP devices (RFC 6238), with the seed sealed."""

from binascii import unhexlify
from typing import Any

from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.sealed_seeds import open_seed, seal_seed


class Authenticator(TOTPDevice):
    """One app of one person. `key` is ciphertext; `bin_key` is what codes are made from."""

    class Meta:
        proxy = True

    @classmethod
    def enrolled(cls, user: Any, key: str) -> "Authenticator":
        """An app with the seed `key` (hex), not saved yet."""
        sealed = seal_seed(unhexlify(key), user.public_id)
        return cls(user=user, key=sealed, name="Authenticator", confirmed=True)

    @property
    def bin_key(self) -> bytes:
        """The seed. Raises SealBroken where STORAGE_KEY is another one."""
        return open_seed(self.key, self.user.public_id)
