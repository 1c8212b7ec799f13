"""Pages of a list: by offset in v1, by opaque cursor in v2."""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from demo.upstream.queries import Reader, whole_number

Row = TypeVar("Row")

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class Page(NamedTuple):
    """``next`` is the name and value of the member that leads on; the value is ``None`` on the last page."""

    rows: list[Any]
    next: tuple[str, str | int | None]


def offset_page(rows: Sequence[Row], keep: Callable[[Row], bool], query: dict[str, Any]) -> Page:
    limit, offset = query.get("limit", DEFAULT_LIMIT), query.get("offset", 0)
    found = list(islice(filter(keep, rows), offset, offset + limit + 1))
    return Page(found[:limit], ("next_offset", offset + limit if len(found) > limit else None))


def cursor_page(rows: Sequence[Row], keep: Callable[[Row], bool], query: dict[str, Any]) -> Page:
    limit = query.get("limit", DEFAULT_LIMIT)
    found = list(islice(_positions(rows, keep, query.get("cursor", 0)), limit + 1))
    following = _cursor(found[limit]) if len(found) > limit else None
    return Page([rows[position] for position in found[:limit]], ("next_cursor", following))


def _positions(rows: Sequence[Row], keep: Callable[[Row], bool], first: int) -> Iterator[int]:
    return (position for position in range(first, len(rows)) if keep(rows[position]))


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(b"p%06d" % position).decode().rstrip("=")


def _position(text: str) -> int:
    try:
        decoded = base64.b64decode(text.encode("ascii") + b"==", altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeError):
        decoded = ""
    digits = decoded.removeprefix("p")
    if not digits.isdigit() or _cursor(int(digits)) != text:
        raise ValueError("Take the cursor from the answer before.")
    return int(digits)


offset_readers: dict[str, Reader] = {"limit": whole_number(1, MAX_LIMIT), "offset": whole_number(0, 1_000_000)}
cursor_readers: dict[str, Reader] = {"limit": whole_number(1, MAX_LIMIT), "cursor": _position}
