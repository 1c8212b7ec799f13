"""What the gateways answer at the moments of a version's life: by the same function as they themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from catalog.models import Brownout, State, Version
from catalog.records import to_ms
from contract import records
from contract.lifecycle import NO_EXTENSION, life_of
from contract.problems import PROBLEMS
from contract.settings import settings


class Preview(NamedTuple):
    """A moment, and status line and fields of an answer then. `id` names it on the page."""

    id: str
    when: str
    text: str


def previews_of(version: Version, windows: Sequence[Brownout], now: datetime) -> list[Preview]:
    """Now, in a brownout and after the end, for an application without dates of its own. One query."""
    record = _record(version, windows)
    api = records.Api(version.api.public_id, version.api.slug, _served(version))
    life = life_of(api, record, None, NO_EXTENSION, settings().gateway_base, settings().portal_base)
    if life is None or version.state == State.DRAFT:
        return []
    lines = life.lines.decode().replace("\r\n", "\n").strip()
    answer = Preview("answer", "While it is answered", f"HTTP/1.1 200 OK\n{lines}")
    brownout = Preview(
        "brownout", "In a brownout", f"{_status('version-brownout')}\nRetry-After: <seconds to its end>\n{lines}"
    )
    over = Preview("over", "From its end on", f"{_status('version-retired')}\n{lines}")
    is_over = version.standing_at(now) == State.RETIRED
    has_end = is_over or version.sunset_at is not None
    return [*([] if is_over else [answer]), *([brownout] if windows else []), *([over] if has_end else [])]


def _status(slug: str) -> str:
    return f"HTTP/1.1 {PROBLEMS[slug].status} Gone\nCache-Control: no-store\nContent-Type: application/problem+json"


def _served(version: Version) -> dict[str, str]:
    """The successor, where it is served: a draft is named to nobody."""
    successor = version.successor
    return {successor.name: successor.public_id} if successor and successor.state != State.DRAFT else {}


def _record(version: Version, windows: Sequence[Brownout]) -> records.Version:
    return records.Version(
        version.public_id,
        version.api.slug,
        version.name,
        version.state,  # type: ignore[arg-type]
        upstream_url="",
        deprecated_at_ms=to_ms(version.deprecated_at),
        sunset_at_ms=to_ms(version.sunset_at),
        successor=version.successor.name if version.successor else "",
        brownouts=tuple(records.Brownout(to_ms(one.starts_at) or 0, to_ms(one.ends_at) or 0) for one in windows),
    )
