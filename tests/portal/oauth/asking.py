"""Asking the authorization server as clients and people do, in this process."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpResponse
from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import ECKey

from contract.settings import settings
from keys.clients import create_client
from keys.writes import NewKey
from tests.cast import Cast
from tests.factories import ACTOR

CALLBACK = "https://reader.example/callback"
TOKEN = "/oauth/token/"
RESOURCE = f"{settings().gateway_base}/library"


def make_client(cast: Cast, **values: Any) -> NewKey:
    """A confidential client with both grants, for all that the plan has."""
    wanted: dict[str, Any] = {
        "environment": "test",
        "scopes": ["books:read", "books:write"],
        "grants": ["client_credentials", "authorization_code"],
        "redirect_uris": [CALLBACK],
    }
    if values.get("is_public"):
        wanted["grants"] = ["authorization_code"]
    return create_client(cast.application, "Robot", actor=ACTOR, **wanted | values)


def ask(made: NewKey, path: str = TOKEN, *, header: dict[str, str] | None = None, **data: Any) -> HttpResponse:
    """POST as this client: by its secret in a Basic header, or by its name alone."""
    headers = dict(header or {})
    if made.secret:
        pair = base64.b64encode(f"{made.credential.public_id}:{made.secret}".encode()).decode()
        headers.setdefault("Authorization", f"Basic {pair}")
    else:
        data = {"client_id": made.credential.public_id} | data
    return Browser().post(path, data, headers=headers)


@dataclass
class Asking:
    """A client that asks a person, with PKCE."""

    made: NewKey
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        return b64(hashlib.sha256(self.verifier.encode()).digest())

    def address(self, **changes: Any) -> str:
        """Of the consent page; a change to None leaves a parameter out."""
        wanted = {
            "response_type": "code",
            "client_id": self.made.credential.public_id,
            "redirect_uri": CALLBACK,
            "scope": "books:read",
            "state": "s-1",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        } | changes
        return "/oauth/authorize/?" + urlencode({k: v for k, v in wanted.items() if v is not None}, doseq=True)

    def code(self, browser: Browser, **changes: Any) -> str:
        """The person allows it."""
        answered = came_back(browser.post(self.address(**changes), {"allow": "true"}))
        return answered["code"]

    def redeem(self, code: str, **changes: Any) -> HttpResponse:
        wanted = {"code": code, "code_verifier": self.verifier, "redirect_uri": CALLBACK} | changes
        header = wanted.pop("header", None)
        data = {k: v for k, v in wanted.items() if v is not None}
        return ask(self.made, header=header, grant_type="authorization_code", **data)

    def refresh(self, token: str, **changes: Any) -> HttpResponse:
        return ask(self.made, grant_type="refresh_token", refresh_token=token, **changes)


def came_back(response: HttpResponse) -> dict[str, str]:
    """What the client's own address got to know."""
    assert response.status_code == 303, response.content
    location = response.headers["Location"]
    assert location.startswith(CALLBACK), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Holder:
    """A key pair, and proofs that one holds it."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", private=True))

    @property
    def thumbprint(self) -> str:
        return self.key.thumbprint()

    def proof(self, nonce: str = "", **changes: Any) -> str:
        address = settings().portal_base + TOKEN
        claims = {"jti": secrets.token_urlsafe(12), "htm": "POST", "htu": address, "iat": int(time.time())}
        claims |= {"nonce": nonce} if nonce else {}
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.as_dict(private=False)}
        header["jwk"].pop("kid", None)
        return jwt.encode(header, claims | changes, self.key)


def nonce_for(made: NewKey) -> str:
    """What the server wants to see in proofs."""
    refused = ask(made, header={"DPoP": Holder().proof()}, grant_type="client_credentials")
    assert refused.json()["error"] == "use_dpop_nonce", refused.content
    return refused.headers["DPoP-Nonce"]
