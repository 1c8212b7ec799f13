"""`WWW-Authenticate`: how to come back with a credential that counts (RFC 6750, section 3; RFC 9449, section 7.1).

Where there is no valid one, it also says where the API's authorization server is found (RFC 9728, section 5.1): by the
path alone, so that nothing can be found out by asking.
"""

from contract.dpop import ALGORITHMS
from gateway.call import Call
from gateway.grants import SLUG
from gateway.refusal import Challenge, Headers, Refused
from gateway.resource_metadata import metadata_address

_SCHEMES = ("Bearer", "DPoP")


def challenges(refusal: Refused, call: Call, gateway_base: str) -> Headers:
    """The header fields of a refusal: both schemes for whoever sent nothing, else the one that is to be used."""
    challenge = refusal.challenge
    if challenge is None:
        return ()
    schemes = (challenge.scheme or _used(call),) if challenge.error else _SCHEMES
    parameters = _parameters(challenge, call.target.path, gateway_base)
    return tuple((b"WWW-Authenticate", _line(scheme, parameters)) for scheme in schemes)


def _used(call: Call) -> str:
    sent = call.fields.by_name.get(b"authorization", b"") if call.fields is not None else b""
    return "DPoP" if sent[:5].lower() == b"dpop " else "Bearer"


def _parameters(challenge: Challenge, path: str, gateway_base: str) -> dict[str, str]:
    slug = path[1:].partition("/")[0]
    is_known_place = challenge.error != "insufficient_scope" and SLUG.fullmatch(slug) is not None
    found = {
        "error": challenge.error,
        "error_description": challenge.description,
        "scope": challenge.scope,
        "resource_metadata": metadata_address(gateway_base, slug) if is_known_place else "",
    }
    return {name: value for name, value in found.items() if value}


def _line(scheme: str, parameters: dict[str, str]) -> bytes:
    if scheme == "DPoP":
        parameters = {**parameters, "algs": " ".join(ALGORITHMS)}
    text = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    return f"{scheme} {text}".strip().encode()
