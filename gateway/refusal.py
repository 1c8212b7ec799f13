"""How a step says no: by raising Refused. The edge turns it into one problem answer and one record."""

from typing import Any, NamedTuple

Headers = tuple[tuple[bytes, bytes], ...]


class Challenge(NamedTuple):
    """How to come back with a credential that counts: `error` and `scope` of RFC 6750, section 3; both may be empty.

    `scheme` is empty where the caller's own is right. `description` is public text.
    """

    scheme: str = ""
    error: str = ""
    scope: str = ""
    description: str = ""


class Refused(Exception):
    """A refusal named by its problem type's slug. `closes` ends the connection.

    `detail` and `extra` are public text; `reason` is for our own log.
    """

    def __init__(
        self,
        slug: str,
        *,
        detail: str = "",
        headers: Headers = (),
        closes: bool = False,
        reason: str = "",
        extra: dict[str, Any] | None = None,
        challenge: Challenge | None = None,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.detail = detail
        self.headers = headers
        self.closes = closes
        self.reason = reason
        self.extra = extra or {}
        self.challenge = challenge
