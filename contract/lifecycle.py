"""A version's life as one application meets it: deprecated, in a brownout, over. The one definition, by which gateways
act and the portal previews. All of it is times, so that nothing has to run when one comes.

`Deprecation` is RFC 9745, `Sunset` RFC 8594, the link relations are theirs and RFC 5829's.
"""

from datetime import UTC, datetime
from email.utils import formatdate
from typing import NamedTuple

from contract.records import Api, Brownout, Extension, Operation, Version

NEVER_MS = 1 << 62
NO_EXTENSION = Extension("")


class Life(NamedTuple):
    """Of one version, or of one operation of it, for one application. `lines` stand on every answer. From `ends_at_ms`
    on it answers no more; `problem` then says why, and `words` go with it."""

    lines: bytes
    ends_at_ms: int
    problem: str
    brownouts: tuple[Brownout, ...]
    words: dict[str, str]

    def is_answering(self, now_ms: int) -> bool:
        """Neither over nor in a brownout."""
        return now_ms < self.ends_at_ms and self.brownout_at(now_ms) is None

    def brownout_at(self, now_ms: int) -> Brownout | None:
        """The one under way: from its start until before its end."""
        return next((one for one in self.brownouts if one.starts_at_ms <= now_ms < one.ends_at_ms), None)


def life_of(
    api: Api,
    version: Version,
    operation: Operation | None,
    extension: Extension,
    gateway_base: str,
    portal_base: str,
) -> Life | None:
    """The life of a version and, where one is given, its operation, on the dates of the application."""
    deprecated_at_ms = _first(version.deprecated_at_ms, operation.deprecated_at_ms if operation else None)
    own_end_ms = operation.sunset_at_ms if operation else None
    sunset_at_ms = _extended(_first(version.sunset_at_ms, own_end_ms), extension)
    brownouts = () if extension.is_exempt else version.brownouts
    is_ending = version.state != "live" or deprecated_at_ms is not None
    if not is_ending and sunset_at_ms is None and not brownouts:
        return None
    successor = successor_name(api, version)
    page, next_base = f"{portal_base}/docs/{api.slug}/{version.name}/", f"{gateway_base}/{api.slug}/{successor}/"
    words = {"sunset_at": utc(sunset_at_ms)} if sunset_at_ms is not None else {}
    return Life(
        _lines(deprecated_at_ms, sunset_at_ms, page if is_ending else "", page, next_base if successor else ""),
        _end(version, sunset_at_ms, extension),
        "operation-retired" if _is_operations_end(version, own_end_ms) else "version-retired",
        brownouts,
        {**words, "documentation": page, **({"successor": next_base} if successor else {})},
    )


def _first(*dates_ms: int | None) -> int | None:
    return min((date for date in dates_ms if date is not None), default=None)


def _extended(sunset_at_ms: int | None, extension: Extension) -> int | None:
    """An extension ends nothing sooner, and nothing that has no end."""
    own_ms = extension.sunset_at_ms
    return sunset_at_ms if sunset_at_ms is None or own_ms is None else max(sunset_at_ms, own_ms)


def _end(version: Version, sunset_at_ms: int | None, extension: Extension) -> int:
    """What was retired by hand is over at once, except for whom it was extended."""
    if version.state == "retired":
        return extension.sunset_at_ms or 0
    return NEVER_MS if sunset_at_ms is None else sunset_at_ms


def _is_operations_end(version: Version, own_end_ms: int | None) -> bool:
    if own_end_ms is None or version.state == "retired":
        return False
    return version.sunset_at_ms is None or own_end_ms < version.sunset_at_ms


def _lines(
    deprecated_at_ms: int | None, sunset_at_ms: int | None, deprecation: str, sunset: str, successor: str
) -> bytes:
    """Two dates, then three addresses; what is None or empty is not said."""
    lines = []
    if deprecated_at_ms is not None:
        lines.append(f"Deprecation: @{deprecated_at_ms // 1000}")
    if sunset_at_ms is not None:
        lines.append(f"Sunset: {formatdate(sunset_at_ms / 1000, usegmt=True)}")
    if deprecation:
        lines.append(f'Link: <{deprecation}>; rel="deprecation"; type="text/html"')
    if sunset_at_ms is not None:
        lines.append(f'Link: <{sunset}>; rel="sunset"; type="text/html"')
    if successor:
        lines.append(f'Link: <{successor}>; rel="successor-version"')
    return "".join(f"{line}\r\n" for line in lines).encode()


def successor_name(api: Api, version: Version) -> str:
    """The successor's name in the path; the record may name it by name or by public id."""
    if version.successor in api.versions:
        return version.successor
    return next((name for name, public_id in api.versions.items() if public_id == version.successor), "")


def utc(at_ms: int) -> str:
    """RFC 3339, to the second."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
