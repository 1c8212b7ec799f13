"""The call log as NDJSON: one call a line, names that only grow. Used by the command and by the pages' downloads."""

from collections.abc import Collection, Iterator

import msgspec

from analytics.calls import matching
from analytics.filters import CallFilters
from analytics.models import Call

CHUNK_ROWS = 2000
FIELDS = (
    "request_id",
    "time",
    "organisation",
    "application",
    "credential",
    "secret",
    "environment",
    "gateway",
    "method",
    "path",
    "api",
    "version",
    "operation",
    "plan",
    "subscription",
    "address",
    "user_agent",
    "outcome",
    "status",
    "problem",
    "upstream_status",
    "duration_us",
    "upstream_us",
    "bytes_in",
    "bytes_out",
    "masked",
    "cost",
    "is_shadow",
    "client_request_id",
    "is_invalid",
    "undeclared",
    "restriction",
    "bound",
)
"""As in contract.calls.CallRow, without the person for whom a client called; `time` is CloudEvents' name for the moment
(RFC 3339, UTC)."""
_COLUMNS = tuple("at" if name == "time" else name for name in FIELDS)


def ndjson_lines(applications: Collection[str] | None, filters: CallFilters) -> Iterator[bytes]:
    """The oldest first, each line with its end; memory does not grow with their number."""
    calls = matching(applications, filters).order_by("at", "id")
    for call in calls.iterator(chunk_size=CHUNK_ROWS):
        yield line(call)


def line(call: Call) -> bytes:
    """One call."""
    values = (getattr(call, column) for column in _COLUMNS)
    return msgspec.json.encode(dict(zip(FIELDS, values, strict=True))) + b"\n"
