"""Where a call's time went, as a bar."""

from typing import NamedTuple

from analytics.models import Call


class Part(NamedTuple):
    """A stretch of the bar in percent; `kind` is own (the gateway) or upstream (the API)."""

    kind: str
    x: str
    width: str


class Timing(NamedTuple):
    """Microseconds, and the parts of the bar. The gateway's time stands before the API's."""

    own_us: int
    upstream_us: int
    parts: list[Part]


def timing_of(call: Call) -> Timing:
    """The log has one number for each side; the API's is never longer than the whole."""
    upstream = min(call.upstream_us, call.duration_us)
    own = call.duration_us - upstream
    share = 100 * own / call.duration_us if call.duration_us else 0
    widths = [("own", 0.0, share), ("upstream", share, 100 - share)] if call.duration_us else []
    parts = [Part(kind, f"{start:.2f}%", f"{width:.2f}%") for kind, start, width in widths if width > 0]
    return Timing(own, upstream, parts)
