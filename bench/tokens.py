"""Access tokens for a run: signed by a key of its own, good for a day."""

import time
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from contract.access_tokens import ALGORITHM, TYPE, audience
from contract.jws import base64url_encode
from contract.records import TokenKey

GATEWAY, PORTAL = "http://gateway.bench", "http://portal.bench"
_KID = "bench"
_LIFETIME_SECONDS = 86_400


class Signer:
    """A P-256 key."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def record(self) -> TokenKey:
        """Its public half, for the gateway."""
        numbers = self._key.public_key().public_numbers()
        x, y = (base64url_encode(number.to_bytes(32)) for number in (numbers.x, numbers.y))
        return TokenKey(_KID, {"kty": "EC", "crv": "P-256", "x": x, "y": y})

    def mint(self, client: str, api: str) -> str:
        """A token of the client itself."""
        now = int(time.time())
        claims = {
            "iss": PORTAL,
            "sub": client,
            "aud": audience(GATEWAY, api),
            "client_id": client,
            "scope": "",
            "jti": f"token-{client}",
            "iat": now,
            "exp": now + _LIFETIME_SECONDS,
        }
        return self._sign({"typ": TYPE, "alg": ALGORITHM, "kid": _KID}, claims)

    def _sign(self, *parts: dict[str, Any]) -> str:
        signed = ".".join(base64url_encode(msgspec.json.encode(part)) for part in parts)
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"{signed}.{base64url_encode(r.to_bytes(32) + s.to_bytes(32))}"
