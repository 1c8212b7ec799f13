"""The request as the upstream sees it. Reserved headers are stripped here, in this one place, and nowhere else.

Names with an underscore never pass: servers that turn `-` into `_` would take `X_Consumer_Id` for `X-Consumer-Id`.
"""

from gateway.conditions import CONDITIONS, asks_for_validator
from gateway.strict import Fields, connection_options
from gateway.trace_context import TRACEPARENT, TRACESTATE, without_broken_trace

_HOP = {
    *(b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te"),
    *(b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings", b"host", b"content-length", b"expect"),
}
_CREDENTIALS = {b"authorization", b"x-api-key", b"dpop"}
_RESERVED = {
    *(b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port"),
    *(b"x-forwarded-prefix", b"x-forwarded-server", b"x-real-ip", b"x-client-ip", b"true-client-ip", b"x-request-id"),
    *(b"x-http-method-override", b"x-http-method", b"x-method-override"),
    *(b"x-original-url", b"x-original-uri", b"x-rewrite-url"),
}
RESERVED_PREFIXES = (b"x-consumer-", b"x-portcullis-", b"x-authenticated-")
NEVER_FORWARDED = frozenset(_HOP | _CREDENTIALS | _RESERVED)
#: A masked answer is another representation: no parts of the original, no differences to it, no coding.
NOT_WHEN_MASKED = frozenset({b"range", b"accept-encoding", b"a-im"})
_NEVER_WHEN_MASKED = NEVER_FORWARDED | NOT_WHEN_MASKED


def forwarded_block(fields: Fields, *, masked: bool) -> bytes:
    """The caller's header lines that pass to the upstream."""
    passed = passed_fields(fields, _NEVER_WHEN_MASKED if masked else NEVER_FORWARDED)
    if TRACEPARENT in fields.by_name or TRACESTATE in fields.by_name:
        passed = without_broken_trace(passed)
    if masked:
        if not CONDITIONS.isdisjoint(fields.by_name):
            passed = [pair for pair in passed if not asks_for_validator(pair[0].lower(), pair[1])]
        passed.append((b"Accept-Encoding", b"identity"))
    return b"".join([b"%b: %b\r\n" % pair for pair in passed])


def passed_fields(fields: Fields, never: frozenset[bytes] = NEVER_FORWARDED) -> list[tuple[bytes, bytes]]:
    """The caller's header fields that pass to the upstream, as far as masking has nothing against it."""
    if b"connection" in fields.by_name:
        never = never | connection_options(fields.pairs)
    return [
        pair
        for pair in fields.pairs
        if (name := pair[0].lower()) not in never and b"_" not in name and not name.startswith(RESERVED_PREFIXES)
    ]


def is_reserved(name: bytes) -> bool:
    """Whether a header field of this name, in lower case, never passes."""
    return name in NEVER_FORWARDED or b"_" in name or name.startswith(RESERVED_PREFIXES)


def framing_line(fields: Fields) -> bytes:
    """How the body is framed on the way to the upstream: as it came."""
    if fields.chunked:
        return b"Transfer-Encoding: chunked\r\n"
    return b"Content-Length: %d\r\n" % fields.content_length if b"content-length" in fields.by_name else b""


def header_lines(headers: dict[str, str]) -> bytes:
    """The upstream's own headers, such as its credential. Raises ValueError for what cannot stand in a header."""
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    if text.count("\r") != len(headers) or text.count("\n") != len(headers) or "\0" in text:
        raise ValueError("upstream headers hold a line break")
    return text.encode("latin-1")


def last_chunk() -> bytes:
    """Ends a chunked body."""
    return b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)
