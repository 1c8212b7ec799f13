"""The request's head: what two readers could read in two ways is refused, never repaired."""

import pytest

from gateway.chunked import ChunkedDecoder
from gateway.refusal import Refused
from gateway.strict import read_fields, read_request_line

HOST = b"Host: a\r\n"


def slug_of_line(line: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read_request_line(line, 100)
    assert refused.value.closes
    return refused.value.slug


def slug_of_fields(block: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read_fields(block + b"\r\n", 10)
    assert refused.value.closes
    return refused.value.slug


def test_it_reads_a_request_line() -> None:
    line = read_request_line(b"PATCH /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n", 100)
    assert line == (b"PATCH", b"/a?b=c", len(b"PATCH /a?b=c HTTP/1.1\r\n"))


@pytest.mark.parametrize(
    "line",
    [
        *(b"GET  / HTTP/1.1\r\n", b"GET / HTTP/1.1 \r\n", b" GET / HTTP/1.1\r\n", b"GET\t/ HTTP/1.1\r\n"),
        *(b"GET /\r\n", b"GET / http/1.1\r\n", b"GET / HTTP/1.1\n", b"GET / HTTP/1.1\r\r\n", b"GET /a b HTTP/1.1\r\n"),
        *(
            b"G(T / HTTP/1.1\r\n",
            b"GET /\0 HTTP/1.1\r\n",
            b"GET /\xe9 HTTP/1.1\r\n",
            b"GET / HTTP/11\r\n",
            b"\r\n",
            b"",
        ),
        *(b"GET / HTTP/1.1\0\r\n", b"GET / HTTP/+1.1\r\n", b"GET / HTTP/1.1, HTTP/1.0\r\n"),
    ],
)
def test_it_rejects_a_crooked_request_line(line: bytes) -> None:
    assert slug_of_line(line) == "bad-request"


@pytest.mark.parametrize("version", [b"0.9", b"1.0", b"1.2", b"2.0", b"3.0"])
def test_it_speaks_one_version(version: bytes) -> None:
    assert slug_of_line(b"GET / HTTP/%b\r\n" % version) == "http-version"


def test_it_bounds_target_and_method() -> None:
    assert slug_of_line(b"GET /%b HTTP/1.1\r\n" % (b"a" * 100)) == "uri-too-long"
    assert slug_of_line(b"%b / HTTP/1.1\r\n" % (b"A" * 21)) == "not-implemented"


def test_it_reads_fields_as_they_stand() -> None:
    fields = read_fields(b"HOST:a\r\nX: \t y z\t \r\nEmpty:\r\nx: 2\r\n\r\n", 10)
    assert fields.pairs == [(b"HOST", b"a"), (b"X", b"y z"), (b"Empty", b""), (b"x", b"2")]
    assert fields.by_name == {b"host": b"a", b"x": b"2", b"empty": b""}
    assert (fields.content_length, fields.chunked, fields.keep_alive) == (0, False, True)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"Host: a\r\nHost: a\r\n",
        b"Host: a\r\nhost: b\r\n",
        *(
            b"Host: %b\r\n" % value
            for value in (b"", b"a b", b"a,b", b"a/b", b"a@b", b"a:b", b"a:123456", b"[::1", b"a\xe9")
        ),
        *(
            HOST + line
            for line in (
                *(b"X : y\r\n", b" X: y\r\n", b"X: y\r\n z\r\n", b"X: y\r\n\tz\r\n", b": y\r\n", b"X\r\n", b"X y\r\n"),
                *(
                    b"X: y\nZ: z\r\n",
                    b"X: y\rZ: z\r\n",
                    b"X: \0\r\n",
                    b"X: \x0b\r\n",
                    b"X: \x7f\r\n",
                    b"X(: y\r\n",
                    b"X\xe9: y\r\n",
                ),
                *(
                    b"Content-Length: 1\r\nContent-Length: 1\r\n",
                    b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                ),
                *(
                    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                    b"Expect: 100-continue\r\nExpect: 100-continue\r\n",
                ),
                *(
                    b"Upgrade: a\r\nUpgrade: b\r\n",
                    b"X-Request-Id: a\r\nX-Request-Id: b\r\n",
                    b"Content-Type: a\r\nContent-Type: b\r\n",
                ),
            )
        ),
        *(
            HOST + b"Content-Length: %b\r\n" % value
            for value in (b"", b"+1", b"-1", b"1 2", b"1,1", b"0x1", b"1.0", b"1e1", b"1_0", b"\xb2", b"1" * 16)
        ),
        *(
            HOST + b"Transfer-Encoding: %b\r\n" % value
            for value in (
                b"",
                b"identity",
                b"gzip",
                b"gzip, chunked",
                b"chunked, gzip",
                b"chunked,",
                b'"chunked"',
                b"chunked;q=1",
                b"xchunked",
            )
        ),
    ],
)
def test_it_rejects_an_ambiguous_head(block: bytes) -> None:
    assert slug_of_fields(block) == "bad-request"


def test_it_names_other_refusals() -> None:
    assert slug_of_fields(HOST + b"Expect: 200-ok\r\n") == "expectation-failed"
    assert slug_of_fields(HOST + b"Authorization: Bearer a\r\nauthorization: Bearer b\r\n") == "two-credentials"
    assert slug_of_fields(HOST + b"X-API-Key: a\r\nX-API-KEY: a\r\n") == "two-credentials"
    assert slug_of_fields(HOST + b"X: y\r\n" * 10) == "headers-too-large"


@pytest.mark.parametrize(
    ("value", "keeps"), [(b"close", False), (b"Keep-Alive , CLOSE", False), (b"closed", True), (b",", True)]
)
def test_connection_close_is_an_option_among_others(value: bytes, keeps: bool) -> None:
    assert read_fields(HOST + b"Connection: " + value + b"\r\n\r\n", 10).keep_alive is keeps


def decoded(data: bytes, *, step: int) -> tuple[bytes, bytes, bool]:
    """Body, what follows it, and whether the body ended."""
    decoder, body, rest = ChunkedDecoder(), b"", b""
    for at in range(0, len(data), step):
        if decoder.complete:
            rest += data[at : at + step]
            continue
        piece, rest = decoder.feed(data[at : at + step])
        body += piece
    return body, rest, decoder.complete


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"0\r\n\r\n", b""),
        (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
        (b"00a\r\n\r\n\r\n0\r\n\r\nX\r\n000\r\nA: b\r\nc:\r\n\r\n", b"\r\n\r\n0\r\n\r\nX"),
        (b"1\r\nx\r\n" * 50 + b"0\r\n\r\n", b"x" * 50),
    ],
)
def test_chunks_decode_wherever_they_are_cut(data: bytes, body: bytes, step: int) -> None:
    assert decoded(data + b"NEXT", step=step) == (body, b"NEXT", True)
    assert not decoded(data[:-1], step=step)[2]


@pytest.mark.parametrize("step", [1, 1000])
@pytest.mark.parametrize(
    "data",
    [
        *(
            b"\r\n",
            b"g\r\n",
            b" 1\r\nx\r\n",
            b"1 \r\nx\r\n",
            b"+1\r\nx\r\n",
            b"0x1\r\nx\r\n",
            b"1_0\r\n",
            b"-1\r\n",
            b"1\nx\n0\n\n",
        ),
        *(
            b"1;a=b\r\nx\r\n",
            b"1;\r\nx\r\n",
            b"1\r\nxy\r\n0\r\n\r\n",
            b"1\r\nx0\r\n\r\n",
            b"1\r\nx\n0\r\n\r\n",
            b"1\r\nx\r\r\n",
        ),
        *(
            b"f" * 16 + b"\r\n",
            b"0\r\nno colon\r\n\r\n",
            b"0\r\n folded\r\n\r\n",
            b"0\r\nA : b\r\n\r\n",
            b"0\r\nA: \0\r\n\r\n",
        ),
        *(b"0\r\nContent-Length: 1\r\n\r\n", b"0\r\ntransfer-encoding: chunked\r\n\r\n", b"0\r\nHost: b\r\n\r\n"),
        *(
            b"0\r\n" + b"A: b\r\n" * 33 + b"\r\n",
            b"0\r\nA: " + b"b" * 1024 + b"\r\n\r\n",
            b"0\r\nA: " + b"b" * 2000,
            b"1" * 2000,
        ),
    ],
)
def test_it_rejects_crooked_chunks(data: bytes, step: int) -> None:
    with pytest.raises(Refused, match="bad-request"):
        decoded(data, step=step)
