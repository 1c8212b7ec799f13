"""A small OpenID provider of the tests' own, on a port of this machine: everybody who comes is signed in at once."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "portal:of the tests", "s3cret %&"
KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}, private=True)
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}, private=True)


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token with a header of one's choice and no signature worth the name."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), b"none")
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def signed(claims: dict[str, Any], key: RSAKey = KEY) -> str:
    return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, key)


@dataclass
class Provider:
    """What the test sets here is what the provider says. `answers` take the place of what an address would answer."""

    issuer: str = ""
    subject: str = "u-1"
    #: Of the ID token; None leaves a claim out.
    claims: dict[str, Any] = field(default_factory=lambda: {"email": "reader@home.example", "email_verified": True})
    userinfo: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    make_token: Callable[[dict[str, Any]], str] = signed
    answers: dict[str, bytes] = field(default_factory=dict)
    #: What it has been asked, and what it gave codes for.
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def described(self) -> dict[str, Any]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        found = {"issuer": self.issuer} | {name: f"{self.issuer}/{path}" for name, path in names.items()}
        return {name: value for name, value in (found | self.metadata).items() if value is not None}

    def sign_in(self, address: str) -> str:
        """Where a browser that comes with this address is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """RFC 6749, 4.1.3 and RFC 7636, 4.6; each code once."""
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_fine = asked and asked["code_challenge"] == challenge and asked["redirect_uri"] == form.get("redirect_uri")
        if not (is_fine and self._is_known(form, authorization)):
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "sub": self.subject, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"]} | self.claims  # type: ignore[index]
        token = self.make_token({name: value for name, value in claims.items() if value is not None})
        return {"access_token": "canary-token", "token_type": "Bearer", "id_token": token}

    def _is_known(self, form: dict[str, str], authorization: str) -> bool:
        if not authorization:
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return (unquote_plus(name), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)


def serve(provider: Provider) -> ThreadingHTTPServer:
    """On a free port, in a thread of its own; `shutdown` ends it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _answer(self, body: bytes) -> None:
            path = urlsplit(self.path).path
            provider.asked.append(path)
            raw = provider.answers.get(path)
            if raw is not None:
                self.wfile.write(raw)
                if not raw:
                    provider.over.wait(60)
                return
            found = self._found(path, body)
            text = json.dumps(found or {"error": "invalid_grant"}).encode()
            self.send_response(200 if found else 400)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _found(self, path: str, body: bytes) -> dict[str, Any] | None:
            if path == "/token":
                form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
                return provider.token(form, self.headers.get("Authorization", ""))
            keys = {"keys": [KEY.as_dict(private=False), {"kty": "what"}, {"kty": "oct", "kid": "k1", "k": "AAAA"}]}
            is_theirs = self.headers.get("Authorization") == "Bearer canary-token"
            return {
                "/.well-known/openid-configuration": provider.described(),
                "/jwks": keys,
                "/userinfo": provider.userinfo if is_theirs else None,
            }.get(path)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server
