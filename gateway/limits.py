"""A plan's limits as the admission script wants them and as `RateLimit` headers tell them.

Header syntax: draft-ietf-httpapi-ratelimit-headers-10. `r` is what remains, `t` the seconds until all of it is back.
"""

import math
from typing import Protocol

import msgspec

from contract.records import Limit, Restriction
from contract.valkey_keys import counter
from contract.windows import window_at
from gateway.imposed import reference_and_advice
from gateway.refusal import Refused

_RATE, _QUOTA, _CONCURRENCY = 1, 2, 3
_WINDOW_SECONDS = {"day": 86_400, "month": 30 * 86_400}
_pack = msgspec.msgpack.Encoder().encode


class CallLimits(Protocol):
    """What is spent with a call's admission. `keys` stand in the order of the specs, `held` are those that the call's
    end gives back."""

    @property
    def keys(self) -> tuple[str, ...]: ...
    @property
    def held(self) -> tuple[str, ...]: ...
    def specs(self, now_ms: int) -> bytes:
        """The specs in MessagePack."""

    def lines(self, numbers: list[int]) -> bytes:
        """The header lines `RateLimit-Policy` and `RateLimit`."""

    def refusal(self, numbers: list[int]) -> Refused:
        """What to say of those that did not fit."""


class CompiledLimits:
    """The limits of one subscription, environment and cost. `keys` stand in the order of the specs.

    `throttles` are restrictions that count calls of the whole organisation beside the plan's limits, each call once.
    """

    __slots__ = (
        "_anchor_ms",
        "_costs",
        "_hold_ms",
        "_limits",
        "_lines",
        "_packed",
        "_throttles",
        "_until_ms",
        "held",
        "keys",
    )

    def __init__(
        self,
        limits: tuple[Limit, ...],
        *,
        slot: int,
        subject: str,
        cost: int,
        anchor_ms: int,
        hold_ms: int,
        organisation: str = "",
        throttles: tuple[Restriction, ...] = (),
    ) -> None:
        subjects = [(subject, limit.name) for limit in limits] + [(organisation, one.id) for one in throttles]
        limits = (*limits, *map(_throttling, throttles))
        self._limits = limits
        self._throttles = throttles
        self._costs = [cost] * (len(limits) - len(throttles)) + [1] * len(throttles)
        self._anchor_ms = anchor_ms
        self._hold_ms = hold_ms
        self._packed, self._until_ms = b"", 0
        names = [_quoted(limit.name) for limit in limits]
        self.keys = tuple(
            counter(slot, *names) + _SUFFIX[limit.kind] for names, limit in zip(subjects, limits, strict=True)
        )
        self.held = tuple(key for key, limit in zip(self.keys, limits, strict=True) if limit.kind == "concurrency")
        told = ", ".join(name.replace("%", "%%") + ";r=%d;t=%d" for name in names)
        policy = ", ".join(map(_policy, limits, names)).replace("%", "%%")
        self._lines = f"RateLimit-Policy: {policy}\r\nRateLimit: {told}\r\n".encode() if limits else b""

    def specs(self, now_ms: int) -> bytes:
        """The specs in MessagePack; quotas bring the windows before, around and after `now_ms`."""
        if now_ms >= self._until_ms:
            starts = [self._windows(limit, now_ms) for limit in self._limits]
            self._packed = _pack([self._spec(*parts) for parts in zip(self._limits, self._costs, starts, strict=True)])
            self._until_ms = min((bounds[2] for bounds in starts if bounds), default=1 << 62)
        return self._packed

    def _windows(self, limit: Limit, now_ms: int) -> list[int]:
        if limit.kind != "quota" or not limit.window:
            return []
        anchor_ms = self._anchor_ms if limit.anchored else 0
        current = window_at(limit.window, now_ms, anchor_ms)
        before = window_at(limit.window, current.start_ms - 1, anchor_ms)
        return [before.start_ms, *current, window_at(limit.window, current.end_ms, anchor_ms).end_ms]

    def _spec(self, limit: Limit, cost: int, bounds: list[int]) -> list[int]:
        if limit.kind == "quota":
            return [_QUOTA, cost, limit.amount, *bounds]
        if limit.kind == "concurrency":
            return [_CONCURRENCY, cost, limit.amount, self._hold_ms]
        period_ms = max(limit.period_seconds, 1) * 1000
        divisor = math.gcd(limit.amount, period_ms)
        burst = (limit.burst or limit.amount) if limit.amount > 0 else 0
        return [_RATE, cost, max(limit.amount // divisor, 1), period_ms // divisor, burst]

    def lines(self, numbers: list[int]) -> bytes:
        """The header lines `RateLimit-Policy` and `RateLimit`; none where there is no limit."""
        if not self._lines:
            return b""
        told = numbers[:]
        told[1::3] = [-(-reset_ms // 1000) for reset_ms in numbers[1::3]]
        del told[2::3]
        return self._lines % tuple(told)

    def refusal(self, numbers: list[int]) -> Refused:
        """429 for the limits that did not fit; the longest wait counts. It names a restriction among them."""
        violated = [limit for i, limit in enumerate(self._limits) if numbers[3 * i + 2] > 0]
        wait_seconds = max(-(-wait // 1000) for wait in numbers[2::3])
        slug = "quota-exceeded" if any(limit.kind == "quota" for limit in violated) else "rate-limited"
        headers = ((b"Retry-After", b"%d" % wait_seconds),)
        extra = {"violated-policies": [limit.name for limit in violated], **self._words(violated)}
        return Refused(slug, headers=headers, extra=extra)

    def _words(self, violated: list[Limit]) -> dict[str, str]:
        names = {limit.name for limit in violated}
        return next((reference_and_advice(one) for one in self._throttles if one.reference in names), {})


# One name may change its kind, so that each kind has keys of its own; quotas append `:<window start>` to theirs.
_SUFFIX = {"rate": ":rate", "quota": "", "concurrency": ":held"}


def _throttling(restriction: Restriction) -> Limit:
    throttle = restriction.throttle
    assert throttle is not None
    return Limit(restriction.reference, "rate", throttle.amount, throttle.period_seconds, throttle.burst)


def _quoted(name: str) -> str:
    """A structured-field string (RFC 9651, section 3.3.3); other characters than printable ASCII become `?`."""
    text = "".join(character if " " <= character <= "~" else "?" for character in name)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _policy(limit: Limit, name: str) -> str:
    if limit.kind == "concurrency":
        return f'{name};q={limit.amount};qu="concurrent-requests"'
    seconds = _WINDOW_SECONDS.get(limit.window, 0) if limit.kind == "quota" else limit.period_seconds
    return f"{name};q={limit.amount};w={seconds}"
