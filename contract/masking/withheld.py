"""The one refusal of this package: an answer that cannot be masked for certain is withheld whole."""

from typing import Literal, get_args

Reason = Literal[
    "partial-content",
    "content-type",
    "charset",
    "encoding",
    "too-large",
    "invalid-json",
    "duplicate-key",
    "too-deep",
    "required-missing",
    "internal",
]
REASONS: tuple[Reason, ...] = get_args(Reason)


class Withheld(Exception):
    """The answer must not be sent. `reason` is a code of `REASONS` and never quotes the answer."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
