"""Undoing HTTP content codings (RFC 9110, section 8.4) without trusting them.

A body must be exactly one complete stream of what its label says, with nothing after it, and no stage may grow past the
limit: a few hundred bytes can decode to gigabytes.
"""

import zlib
from collections.abc import Callable

import brotli
import zstandard

from contract.masking.withheld import Withheld

MAX_CODINGS = 3
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024
_ZSTD_SLICE_BYTES = 64


def decode_body(content_encoding: str | None, body: bytes, max_bytes: int) -> bytes:
    """The body without its content codings. Raises Withheld."""
    if content_encoding is None:
        return body
    codings = [coding.strip(" \t").lower() for coding in content_encoding.split(",")]
    if len(codings) > MAX_CODINGS or not DECODERS.keys() >= set(codings):
        raise Withheld("encoding")
    for coding in reversed(codings):
        body = DECODERS[coding](body, max_bytes)
        if len(body) > max_bytes:
            raise Withheld("too-large")
    return body


def _decode_identity(body: bytes, max_bytes: int) -> bytes:
    return body


def _decode_gzip(body: bytes, max_bytes: int) -> bytes:
    return _inflate(body, max_bytes, _GZIP_WINDOW)


def _decode_deflate(body: bytes, max_bytes: int) -> bytes:
    return _inflate(body, max_bytes, zlib.MAX_WBITS)


def _inflate(body: bytes, max_bytes: int, window_bits: int) -> bytes:
    inflater = zlib.decompressobj(window_bits)
    try:
        decoded = inflater.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise Withheld("encoding") from error
    if len(decoded) <= max_bytes and (not inflater.eof or inflater.unused_data):
        raise Withheld("encoding")
    return decoded


def _decode_brotli(body: bytes, max_bytes: int) -> bytes:
    """The library refuses bytes after the end of the stream."""
    decompressor = brotli.Decompressor()
    try:
        decoded: bytes = decompressor.process(body, output_buffer_limit=max_bytes + 1)
    except brotli.error as error:
        raise Withheld("encoding") from error
    if len(decoded) <= max_bytes and not decompressor.is_finished():
        raise Withheld("encoding")
    return decoded


def _decode_zstd(body: bytes, max_bytes: int) -> bytes:
    """One frame with a window of at most 8 MiB (RFC 9659), fed in slices: 4 bytes may stand for 128 KiB."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
    decoded = bytearray()
    try:
        for start in range(0, len(body), _ZSTD_SLICE_BYTES):
            decoded += decompressor.decompress(body[start : start + _ZSTD_SLICE_BYTES])
            if len(decoded) > max_bytes:
                raise Withheld("too-large")
    except zstandard.ZstdError as error:
        raise Withheld("encoding") from error
    if not decompressor.eof or decompressor.unused_data:
        raise Withheld("encoding")
    return bytes(decoded)


DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "identity": _decode_identity,
    "gzip": _decode_gzip,
    "x-gzip": _decode_gzip,
    "deflate": _decode_deflate,
    "br": _decode_brotli,
    "zstd": _decode_zstd,
}
