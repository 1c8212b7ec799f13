"""Request ids: UUIDv7 (RFC 9562, section 5.7), so that they sort by time.

Random digits are drawn for many ids at once, since asking the kernel costs more than the rest of an id. A fork forgets
what was drawn, so that two processes never share digits.
"""

import os
import time

_DIGITS_EACH = 19
_DRAWN_BYTES = 19 * 128
#: The digit that holds the variant: two bits `10` before two random ones.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


class _Digits:
    """Random hexadecimal digits."""

    __slots__ = ("_at", "_drawn")

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Draw anew before the next digits."""
        self._drawn, self._at = "", 0

    def take(self) -> str:
        """The next `_DIGITS_EACH`, which nobody gets again."""
        at = self._at
        if at >= len(self._drawn):
            self._drawn, at = os.urandom(_DRAWN_BYTES).hex(), 0
        self._at = end = at + _DIGITS_EACH
        return self._drawn[at:end]


class _Moment:
    """The millisecond in which the last id was made, and its digits."""

    __slots__ = ("at_ms", "text")

    def __init__(self) -> None:
        self.at_ms, self.text = 0, ""


_digits, _moment = _Digits(), _Moment()
os.register_at_fork(after_in_child=_digits.forget)


def new_request_id() -> str:
    """A UUIDv7 as text, from the wall clock and 74 random bits."""
    at_ms, random = time.time_ns() // 1_000_000, _digits.take()
    if at_ms != _moment.at_ms:
        digits = f"{at_ms:012x}"
        _moment.at_ms, _moment.text = at_ms, f"{digits[:8]}-{digits[8:]}-7"
    return f"{_moment.text}{random[:3]}-{_VARIANT[random[3]]}{random[4:7]}-{random[7:]}"
