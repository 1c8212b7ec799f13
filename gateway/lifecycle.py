"""A version's life: live, deprecated, retired; judged by its published dates on Valkey's clock.

`Deprecation` is RFC 9745, `Sunset` RFC 8594, the link relations are theirs and RFC 5829's.
"""

from email.utils import formatdate

from contract.records import Api, Version
from gateway.refusal import Headers, Refused


def refuse_retired(version: Version, now_ms: int) -> None:
    """Raises Refused("version-retired") from the sunset on."""
    if version.state == "retired" or (version.sunset_at_ms is not None and version.sunset_at_ms <= now_ms):
        raise Refused("version-retired")


def lifecycle_headers(api: Api, version: Version, *, gateway_base: str, portal_base: str) -> Headers:
    """Headers of every answer of a deprecated version; none for others."""
    if version.state != "deprecated" and version.deprecated_at_ms is None:
        return ()
    headers = []
    if version.deprecated_at_ms is not None:
        headers.append((b"Deprecation", b"@%d" % (version.deprecated_at_ms // 1000)))
    if version.sunset_at_ms is not None:
        headers.append((b"Sunset", formatdate(version.sunset_at_ms / 1000, usegmt=True).encode()))
    headers += [(b"Link", link.encode()) for link in _links(api, version, gateway_base, portal_base)]
    return tuple(headers)


def _links(api: Api, version: Version, gateway_base: str, portal_base: str) -> list[str]:
    page = f"{portal_base}/docs/{api.slug}/{version.name}/"
    links = [f'<{page}>; rel="deprecation"; type="text/html"']
    if version.sunset_at_ms is not None:
        links.append(f'<{page}>; rel="sunset"; type="text/html"')
    if successor := successor_name(api, version):
        links.append(f'<{gateway_base}/{api.slug}/{successor}/>; rel="successor-version"')
    return links


def successor_name(api: Api, version: Version) -> str:
    """The successor's name in the path; the record may name it by name or by public id."""
    if version.successor in api.versions:
        return version.successor
    return next((name for name, public_id in api.versions.items() if public_id == version.successor), "")
