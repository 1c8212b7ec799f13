"""Decode a request body in chunked transfer coding (RFC 9112, section 7.1), strictly and in bounded memory.

Chunk extensions are refused, since nobody needs them and readers differ; trailer fields are read, bounded and dropped.
"""

import re

from gateway.refusal import Refused

_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t\x20-\x7e\x80-\xff]*+")
# RFC 9110, section 6.5.1: what decides on framing, routing or authentication comes too late in a trailer.
_TOO_LATE = {b"transfer-encoding", b"content-length", b"host", b"authorization", b"x-api-key", b"expect"}
_LINE_MAX_BYTES = 1024
_TRAILERS_MAX = 32


class ChunkedDecoder:
    """Feed it what arrives; it gives the decoded bytes and says where the body ended."""

    __slots__ = ("_in_data", "_left", "_pending", "_trailers", "complete")

    def __init__(self) -> None:
        self.complete = False
        self._pending = b""
        self._left = 0
        self._in_data = False
        self._trailers = -1

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Return (decoded bytes, bytes after the body's end). Raises Refused("bad-request")."""
        data, decoded, at = self._pending + data, [], 0
        while not self.complete:
            if self._in_data:
                at, piece = self._take_data(data, at)
                decoded.append(piece)
            line_end = -1 if self._in_data else data.find(b"\r\n", at)
            if line_end < 0:
                break
            self._take_line(data[at:line_end])
            at = line_end + 2
        rest = data[at:]
        if self.complete:
            self._pending = b""
            return b"".join(decoded), rest
        self._keep(rest)
        return b"".join(decoded), b""

    def _take_data(self, data: bytes, at: int) -> tuple[int, bytes]:
        """Data of the current chunk, then the CRLF that must follow it."""
        piece = data[at : at + self._left]
        self._left -= len(piece)
        at += len(piece)
        ending = data[at : at + 2]
        if self._left == 0 and ending:
            if not b"\r\n".startswith(ending):
                raise Refused("bad-request", closes=True)
            if len(ending) == 2:
                self._in_data = False
                return at + 2, piece
        return at, piece

    def _take_line(self, line: bytes) -> None:
        if self._trailers < 0:
            self._take_size(line)
        elif not line:
            self.complete = True
        else:
            self._trailers += 1
            name = line.partition(b":")[0].lower()
            is_field = len(line) <= _LINE_MAX_BYTES and _TRAILER.fullmatch(line) is not None and name not in _TOO_LATE
            if self._trailers > _TRAILERS_MAX or not is_field:
                raise Refused("bad-request", closes=True)

    def _take_size(self, line: bytes) -> None:
        if _SIZE.fullmatch(line) is None:
            raise Refused("bad-request", closes=True)
        self._left = int(line, 16)
        if self._left:
            self._in_data = True
        else:
            self._trailers = 0

    def _keep(self, rest: bytes) -> None:
        """Keep an unfinished line, or the half of a CRLF; refuse a line that has gone wrong already."""
        if len(rest) > _LINE_MAX_BYTES:
            raise Refused("bad-request", closes=True)
        if not self._in_data and self._trailers < 0 and rest and _SIZE.fullmatch(rest.removesuffix(b"\r")) is None:
            raise Refused("bad-request", closes=True)
        self._pending = rest
