"""`/.well-known/oauth-protected-resource/<api>` (RFC 9728): where tokens for an API come from.

Answered from the address alone, without looking whether there is such an API: nothing can be found out by asking.
"""

import msgspec

from contract.access_tokens import audience
from contract.dpop import ALGORITHMS
from gateway.answer import head
from gateway.grants import SLUG
from gateway.refusal import Refused

PREFIX = b"/.well-known/oauth-protected-resource/"


def metadata_address(gateway_base: str, slug: str) -> str:
    """Where an API's metadata stand."""
    return f"{gateway_base}{PREFIX.decode()}{slug}"


def metadata_answer(method: bytes, target: bytes, *, bases: tuple[str, str], own: bytes) -> bytes:
    """A whole answer; `bases` are the public addresses of gateway and portal. Raises Refused."""
    slug = target.removeprefix(PREFIX).partition(b"?")[0].decode("latin-1")
    if SLUG.fullmatch(slug) is None:
        raise Refused("not-found")
    if method not in (b"GET", b"HEAD"):
        raise Refused("method-not-allowed", headers=((b"Allow", b"GET, HEAD"),))
    body = msgspec.json.encode(_metadata(slug, *bases))
    headers = (
        (b"Content-Type", b"application/json"),
        (b"Cache-Control", b"public, max-age=3600"),
        (b"Access-Control-Allow-Origin", b"*"),
        (b"Content-Length", b"%d" % len(body)),
    )
    return head(200, headers, own) + (b"" if method == b"HEAD" else body)


def _metadata(slug: str, gateway_base: str, portal_base: str) -> dict[str, object]:
    return {
        "resource": audience(gateway_base, slug),
        "authorization_servers": [portal_base],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "resource_documentation": f"{portal_base}/docs/{slug}/",
    }
