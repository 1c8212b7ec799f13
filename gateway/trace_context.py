"""W3C Trace Context: what callers say of their trace passes on unchanged, or not at all where it cannot be read.

A broken `traceparent` takes `tracestate` with it (section 3.3). A later version than 00 may hold more after its flags.
"""

import re

TRACEPARENT, TRACESTATE = b"traceparent", b"tracestate"
_PARENT = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?P<more>-[!-~]{1,256})?"
)
_KEY = rb"(?:[a-z][_0-9a-z\-*/]{0,255}|[a-z0-9][_0-9a-z\-*/]{0,240}@[a-z][_0-9a-z\-*/]{0,13})"
_MEMBER = re.compile(_KEY + rb"=[ -+\--<>-~]{0,255}[!-+\--<>-~]")
_MEMBERS_MAX = 32

Pairs = list[tuple[bytes, bytes]]


def without_broken_trace(pairs: Pairs) -> Pairs:
    """The fields, without a trace context that nobody can read."""
    parents = [value for name, value in pairs if name.lower() == TRACEPARENT]
    states = [value for name, value in pairs if name.lower() == TRACESTATE]
    broken = set()
    if len(parents) != 1 or not _is_parent(parents[0]):
        broken = {TRACEPARENT, TRACESTATE}
    elif not _is_state(b",".join(states)):
        broken = {TRACESTATE}
    return [pair for pair in pairs if pair[0].lower() not in broken] if broken else pairs


def _is_parent(value: bytes) -> bool:
    found = _PARENT.fullmatch(value)
    return found is not None and not (found["more"] and found[1] == b"00")


def _is_state(value: bytes) -> bool:
    members = [member.strip(b" \t") for member in value.split(b",")]
    named = [member for member in members if member]
    return len(named) <= _MEMBERS_MAX and all(_MEMBER.fullmatch(member) for member in named)
