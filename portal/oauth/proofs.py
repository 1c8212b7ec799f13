"""DPoP at the token endpoint (RFC 9449, section 5): which key a caller has shown to hold."""

from functools import cache

from django.http import HttpRequest
from django.urls import reverse

from audit.valkey import valkey
from contract import valkey_keys
from contract.dpop import REMEMBERED_SECONDS, Nonces, Proof, fault, read_proof
from contract.jws import JwsError
from contract.settings import settings
from portal.oauth.refusals import Refusal


def thumbprint_of(request: HttpRequest) -> str:
    """The thumbprint of the key whose proof came along; empty without a proof. A proof is taken once.

    Raises Refusal, and redis.RedisError: without Valkey no replay could be told.
    """
    text = request.headers.get("DPoP")
    if text is None:
        return ""
    proof, now_ms = _read(text), _now_ms()
    if problem := fault(proof, method="POST", address=_address(), now_ms=now_ms):
        raise _invalid(f"The proof does not fit: {problem}.")
    if not _nonces().is_good(proof.nonce, now_ms):
        headers = {"DPoP-Nonce": _nonces().current(now_ms)}
        raise Refusal("use_dpop_nonce", "Put the nonce of the DPoP-Nonce header into the proof.", 400, headers)
    if not valkey().set(valkey_keys.token_proof(proof.digest), 1, nx=True, ex=REMEMBERED_SECONDS):
        raise _invalid("The proof was used before.")
    return proof.thumbprint


def next_nonce() -> dict[str, str]:
    """The header that spares the next request a refusal."""
    return {"DPoP-Nonce": _nonces().current(_now_ms())}


def _read(text: str) -> Proof:
    try:
        return read_proof(text)
    except JwsError as error:
        raise _invalid(f"The proof cannot be read: {error}.") from None


def _invalid(description: str) -> Refusal:
    return Refusal("invalid_dpop_proof", description)


def _address() -> str:
    return settings().portal_base + reverse("oauth_token")


def _now_ms() -> int:
    seconds, microseconds = valkey().time()
    return int(seconds) * 1000 + int(microseconds) // 1000


@cache
def _nonces() -> Nonces:
    return Nonces(settings().secret_bytes("secret_key"), b"token endpoint")
