"""The requests of each grant as copyable shell lines, filled with a client's ids and this portal's addresses.

Secrets and tokens never stand in them: the shell fills in `$CLIENT_SECRET`, `$TOKEN`, `$REFRESH_TOKEN` and `$CODE`.
"""

import base64
import hashlib
import secrets
import shlex
from typing import NamedTuple
from urllib.parse import urlencode

from keys.models import Credential


class Step(NamedTuple):
    """What a request is for, why it is as it is, and the request. `url`: where a browser can make it itself."""

    id: str
    title: str
    text: str
    code: str
    url: str = ""


class Challenge(NamedTuple):
    """A PKCE verifier and its S256 challenge (RFC 7636, 4.1 and 4.2)."""

    verifier: str
    challenge: str

    @classmethod
    def of(cls, verifier: str) -> "Challenge":
        """The challenge to a verifier."""
        digest = hashlib.sha256(verifier.encode()).digest()
        return cls(verifier, base64.urlsafe_b64encode(digest).decode().rstrip("="))

    @classmethod
    def new(cls) -> "Challenge":
        """For one run through the steps."""
        return cls.of(secrets.token_urlsafe(48))


class Console(NamedTuple):
    """A client among the addresses that its requests name. `audience` is the API's, and what tokens are for;
    `call_url` is something to read there."""

    client_id: str
    is_public: bool
    requires_dpop: bool
    scopes: list[str]
    redirect_uri: str
    portal: str
    audience: str
    call_url: str

    @classmethod
    def of(cls, credential: Credential, *, portal: str, audience: str, call_url: str) -> "Console":
        """The first redirect URI stands for all."""
        client = credential.client
        return cls(
            client_id=credential.public_id,
            is_public=client.is_public,
            requires_dpop=client.requires_dpop,
            scopes=credential.scopes_in_force,
            redirect_uri=next(iter(client.redirect_uris), ""),
            portal=portal,
            audience=audience,
            call_url=call_url,
        )

    def machine_steps(self) -> list[Step]:
        """Client credentials (RFC 6749, 4.4)."""
        fields = {"grant_type": "client_credentials", "resource": self.audience, "scope": " ".join(self.scopes)}
        text = "The secret goes in the header, the scopes and the API in the body. The answer lives for ten minutes."
        return [
            Step("machine-token", "Ask for a token", text, self._post("token", fields)),
            self._call("machine-call"),
            self._revoke("machine-revoke", "TOKEN"),
        ]

    def people_steps(self, challenge: Challenge) -> list[Step]:
        """Authorization code with PKCE (RFC 6749, 4.1; RFC 7636), then the refresh (6) and the end (RFC 7009)."""
        return [
            self._authorize(challenge),
            self._exchange(challenge),
            self._call("people-call"),
            self._refresh(),
            self._revoke("people-revoke", "REFRESH_TOKEN"),
        ]

    def _authorize(self, challenge: Challenge) -> Step:
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(self.scopes),
            "resource": self.audience,
            "code_challenge": challenge.challenge,
            "code_challenge_method": "S256",
            "state": "example",
        }
        url = f"{self.portal}/oauth/authorize/?{urlencode(query)}"
        text = (
            "Their browser opens this address; they sign in, read what is asked, decide. The challenge is the digest "
            "of a secret that only your program knows; make a new one each time, and a new state."
        )
        return Step("people-authorize", "Send the person to be asked", text, url, url)

    def _exchange(self, challenge: Challenge) -> Step:
        fields = {
            "grant_type": "authorization_code",
            "code": "$CODE",
            "redirect_uri": self.redirect_uri,
            "code_verifier": challenge.verifier,
            "resource": self.audience,
        }
        text = (
            "The browser comes back to your redirect URI with ?code=…&state=…&iss=…; compare the state, then redeem "
            "the code within a minute, once. The verifier is what the challenge was made from."
        )
        return Step("people-exchange", "Redeem the code", text, self._post("token", fields))

    def _refresh(self) -> Step:
        fields = {"grant_type": "refresh_token", "refresh_token": "$REFRESH_TOKEN", "resource": self.audience}
        text = (
            "Before the ten minutes are over, or after. Each refresh token works once and comes with its successor: "
            "one that is used twice ends all that came from the same code."
        )
        return Step("people-refresh", "Refresh it", text, self._post("token", fields))

    def _revoke(self, step: str, variable: str) -> Step:
        text = "Once you no longer need it: gateways refuse it within a second."
        return Step(step, "Give it back", text, self._post("revoke", {"token": f"${variable}"}))

    def _call(self, step: str) -> Step:
        scheme = "DPoP" if self.requires_dpop else "Bearer"
        lines = [f'curl -H "Authorization: {scheme} $TOKEN"', *self._proof(), shlex.quote(self.call_url)]
        return Step(step, "Call the API", "As with a key, with the token in its place.", _lines(lines))

    def _post(self, endpoint: str, fields: dict[str, str]) -> str:
        who = [] if self.is_public else [f'-u "{self.client_id}:$CLIENT_SECRET"']
        own = {"client_id": self.client_id} if self.is_public else {}
        data = [f"--data-urlencode {_field(name, value)}" for name, value in (own | fields).items() if value]
        proof = self._proof() if endpoint == "token" else []
        return _lines([f"curl {self.portal}/oauth/{endpoint}/", *who, *proof, *data])

    def _proof(self) -> list[str]:
        return ['-H "DPoP: $PROOF"'] if self.requires_dpop else []


def _field(name: str, value: str) -> str:
    """Only a variable of ours is for the shell to fill in."""
    return f'"{name}={value}"' if value.startswith("$") else shlex.quote(f"{name}={value}")


def _lines(parts: list[str]) -> str:
    return " \\\n  ".join(parts)


def sample_request(portal: str, audience: str) -> str:
    """What any confidential client would send, for whoever has none yet."""
    console = Console("$CLIENT_ID", False, False, [], "", portal, audience, audience)
    return console.machine_steps()[0].code
