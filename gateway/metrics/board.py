"""Where workers show their figures to each other: memory that the parent made before it forked them.

Each place has two halves, written in turn, and a byte that says which one is whole. So a reader never sees half a
figure, a worker that is killed while it writes leaves what it wrote before, and whoever takes its place goes on from
there. A worker that hangs keeps nobody waiting.
"""

import mmap
import struct
import zlib

import msgspec

from gateway.metrics.tally import Tally

_HALF_BYTES = 512 * 1024
_PLACE_BYTES = 2 * _HALF_BYTES
_HEAD = struct.Struct("<BII")
_READS_MAX = 3


class Gauges(msgspec.Struct):
    """How a worker is at `at` (time.monotonic(), one clock for all processes of a machine)."""

    at: float = 0.0
    is_ready: bool = False
    feed_age_seconds: float = 0.0
    calls_under_way: int = 0
    client_connections: int = 0
    unconfirmed_rows: int = 0
    upstream_connections: dict[str, int] = {}
    upstream_waiting: int = 0


class Snapshot(msgspec.Struct):
    """All figures of a worker at one moment."""

    tally: Tally
    gauges: Gauges


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Snapshot)


class Board:
    """`places` numbered from 0, one a worker."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._memory = mmap.mmap(-1, places * _PLACE_BYTES + places)

    def show(self, place: int, snapshot: Snapshot) -> None:
        """Replace what this place shows. Raises ValueError for more than it holds."""
        data = _encode(snapshot)
        if len(data) > _HALF_BYTES - _HEAD.size:
            raise ValueError("too many figures")
        half = 1 - self._whole(place)
        at = place * _PLACE_BYTES + half * _HALF_BYTES
        self._memory[at : at + _HEAD.size] = _HEAD.pack(1, len(data), zlib.crc32(data))
        self._memory[at + _HEAD.size : at + _HEAD.size + len(data)] = data
        self._memory[self.places * _PLACE_BYTES + place] = half

    def read(self, place: int) -> Snapshot | None:
        """What a place shows; None where nothing was ever shown there."""
        for _ in range(_READS_MAX):
            at = place * _PLACE_BYTES + self._whole(place) * _HALF_BYTES
            is_used, size, checksum = _HEAD.unpack(self._memory[at : at + _HEAD.size])
            data = self._memory[at + _HEAD.size : at + _HEAD.size + min(size, _HALF_BYTES)]
            if is_used and zlib.crc32(data) == checksum:
                return _decoder.decode(data)
        return None

    def _whole(self, place: int) -> int:
        return self._memory[self.places * _PLACE_BYTES + place] & 1
