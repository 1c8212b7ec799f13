"""What was decided of one call, kept for further calls like it: of one connection and header block, to one operation.

The general path's own functions decide and write for a sample call. What they wrote is cut where calls differ, at the
request id and the path, for which the sample has texts that nobody can guess. So there is one truth: a permit repeats
it, until its time is over or a record has changed, and never decides anything itself.
"""

import secrets

from contract.calls import encode_row
from gateway.admission import split_row
from gateway.call import Call
from gateway.forwarding import request_head
from gateway.grants import Grant
from gateway.metrics.tally import Series
from gateway.path import Target
from gateway.routes import Route
from gateway.strict import Fields

SAMPLE_ID = secrets.token_hex(16)
_SAMPLE_PATH = secrets.token_hex(16)


class Permit:
    """`is_plain` says whether calls may go by it at all. It holds until `until_ms` on Valkey's clock.

    Row, request and answer are given as what stands before, between and after the differing texts: of the row the
    request id, the moment and the path, of the request the path and the id, of the answer's own lines the id.
    """

    __slots__ = (
        "fields",
        "grant",
        "is_plain",
        "masked",
        "own_after",
        "own_before",
        "request_after",
        "request_before",
        "request_between",
        "restrictions",
        "route",
        "row_after",
        "row_before",
        "row_between",
        "row_until_path",
        "series",
        "slot",
        "until_ms",
    )

    def __init__(self, grant: Grant, route: Route, restrictions: int, until_ms: int) -> None:
        """`restrictions` is their generation when it was decided."""
        self.grant = grant
        self.route = route
        self.restrictions = restrictions
        self.until_ms = until_ms
        self.is_plain = False
        #: The row's text of the fields that were masked last.
        self.masked: tuple[tuple[str, ...], bytes] = (), b"[]"

    def permit(self, call: Call, fields: Fields, assertion: bytes, series: Series) -> None:
        """Let calls go by it that are like this one, whose request id is `SAMPLE_ID`; they are counted in `series`."""
        assert call.row is not None
        self.fields, self.slot, self.series = fields, call.slot, series
        slug, version_name = call.target.path.split("/", 3)[1:3]
        path_before = f"/{slug}/{version_name}/"
        call.target = Target(path_before + _SAMPLE_PATH, b"")
        call.row.at_ms, call.row.path = 0, call.target.path
        before, after = split_row(encode_row(call.row))
        self.row_before, self.row_between = _cut(before, SAMPLE_ID)
        self.row_until_path, self.row_after = _cut(after, path_before + _SAMPLE_PATH)
        request = request_head(call, self.route, assertion)
        self.request_before, request = _cut(request, "/" + _SAMPLE_PATH)
        self.request_between, self.request_after = _cut(request, SAMPLE_ID)
        self.own_before, self.own_after = _cut(call.own, SAMPLE_ID)
        self.is_plain = True


def _cut(text: bytes, at: str) -> tuple[bytes, bytes]:
    before, _, after = text.partition(at.encode())
    return before, after
