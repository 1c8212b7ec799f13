"""Stands for the authorization server: clients, consents, access tokens, and the proofs that go with them."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from contract.dpop import TYPE as PROOF_TYPE
from contract.dpop import token_digest
from contract.jws import base64url_encode
from contract.jws import thumbprint as thumbprint_of
from contract.records import Account, Consent, Credential, RevokedToken, TokenKey
from tests.gateway.publishing import Scene

GATEWAY, PORTAL = "https://gateway.test", "https://portal.test"
Json = dict[str, Any]


class Signer:
    """A P-256 key and what it signs."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        numbers = self._key.public_key().public_numbers()
        x, y = (base64url_encode(number.to_bytes(32)) for number in (numbers.x, numbers.y))
        self.jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        self.thumbprint = thumbprint_of(self.jwk)

    def signature(self, signed: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(signed, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def sign(self, header: Json | bytes, payload: Json | bytes) -> str:
        """A compact JWS; parts in bytes stand as they are."""
        raw = [part if isinstance(part, bytes) else msgspec.json.encode(part) for part in (header, payload)]
        signed = ".".join(base64url_encode(part) for part in raw)
        return f"{signed}.{base64url_encode(self.signature(signed.encode()))}"


class TokenServer:
    """Publishes its signing key, one confidential client, one end user and their consent; `client` is its name."""

    def __init__(
        self, scene: Scene, *, now_ms: Callable[[], int] | None = None, gateway: str = GATEWAY, portal: str = PORTAL
    ) -> None:
        self.scene = scene
        self.signer, self.device = Signer(), Signer()
        self._now_ms = now_ms or scene.publisher.now_ms
        self.gateway, self.portal = gateway, portal
        self._minted = 0
        self.publish_key()
        self.publish_client()
        self.publish_consent()
        self.publish_account()

    def publish_key(self, kid: str = "kid1", signer: Signer | None = None, **changes: Any) -> bytes:
        key = TokenKey(kid, (signer or self.signer).jwk, **changes)
        return self.scene.publisher.publish("token-key", kid, key)

    def publish_client(self, client: str = "client1", **changes: Any) -> bytes:
        facts = {"scopes": ("secrets:read", "other"), "user": "maker", "kind": "client", **changes}
        return self.scene.publisher.publish("credential", client, Credential(client, "app", "live", **facts))

    def publish_consent(self, consent: str = "gnt_1", **changes: Any) -> bytes:
        facts = {"scopes": ("secrets:read", "other"), **changes}
        return self.scene.publisher.publish("consent", consent, Consent(consent, "client1", "usr_1", **facts))

    def publish_account(self, **changes: Any) -> bytes:
        return self.scene.publisher.publish("account", "usr_1", Account("usr_1", **changes))

    def revoke(self, jti: str) -> bytes:
        return self.scene.publisher.publish("token", jti, RevokedToken(jti, self._now_ms() + 600_000))

    def claims(self, **changes: Any) -> Json:
        """Those of a good token of the client itself; None leaves a claim out."""
        self._minted += 1
        now = self._now_ms() // 1000
        usual = {
            "iss": self.portal,
            "sub": "client1",
            "aud": f"{self.gateway}/clinic",
            "client_id": "client1",
            "scope": "secrets:read",
            "jti": f"jti-{self._minted:08}-{time.monotonic_ns()}",
            "iat": now,
            "exp": now + 600,
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def mint(self, header: Json | None = None, **changes: Any) -> str:
        """A token; `header` changes its header in the same way."""
        names = {"typ": "at+jwt", "alg": "ES256", "kid": "kid1", **(header or {})}
        present = {name: value for name, value in names.items() if value is not None}
        return self.signer.sign(present, self.claims(**changes))

    def mint_for_user(self, header: Json | None = None, **changes: Any) -> str:
        """A token by consent."""
        return self.mint(header, **{"sub": "pairwise1", "gid": "gnt_1", **changes})

    def mint_bound(self, **changes: Any) -> str:
        """A token that is bound to the device's key."""
        return self.mint(**{"cnf": {"jkt": self.device.thumbprint}, **changes})

    def prove(self, token: str, header: Json | None = None, signer: Signer | None = None, **changes: Any) -> str:
        """A proof for GET /clinic/v1/practitioners."""
        self._minted += 1
        names = {"typ": PROOF_TYPE, "alg": "ES256", "jwk": (signer or self.device).jwk, **(header or {})}
        usual = {
            "jti": f"proof-{self._minted}-{time.monotonic_ns()}",
            "htm": "GET",
            "htu": f"{self.gateway}/clinic/v1/practitioners",
            "iat": self._now_ms() // 1000,
            "ath": token_digest(token),
        }
        claims = {name: value for name, value in {**usual, **changes}.items() if value is not None}
        return (signer or self.device).sign({k: v for k, v in names.items() if v is not None}, claims)
