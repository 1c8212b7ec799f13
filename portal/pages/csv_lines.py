"""CSV (RFC 4180), the call log's among it, with cells that no spreadsheet takes for a formula."""

import csv
import io
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from analytics.export import FIELDS, ndjson_lines
from analytics.filters import CallFilters

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(applications: Collection[str] | None, filters: CallFilters) -> Iterator[bytes]:
    """A head line, then a call a line, the oldest first, with the names of the NDJSON export."""
    yield csv_line(FIELDS)
    for line in ndjson_lines(applications, filters):
        row = msgspec.json.decode(line)
        yield csv_line([row[name] for name in FIELDS])


def csv_line(cells: Collection[Any]) -> bytes:
    """One line with its end."""
    text = io.StringIO()
    csv.writer(text).writerow([_cell(cell) for cell in cells])
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
