"""What the upstream is told: nothing that only we may say, nothing meant for this hop, no credential of the caller."""

import pytest

from gateway.conditions import refuse_conditional_write
from gateway.forward import forwarded_block, framing_line, header_lines
from gateway.refusal import Refused
from gateway.strict import Fields, read_fields
from gateway.upgrade import refuse_upgrade
from tests.gateway.rig import Rig


def fields(*lines: bytes) -> Fields:
    return read_fields(b"".join(line + b"\r\n" for line in (b"Host: a", *lines)) + b"\r\n", 100)


@pytest.mark.parametrize(
    "line",
    [
        *(b"Authorization: Bearer x", b"x-api-key: x", b"Proxy-Authorization: x", b"Host2_: x", b"Keep-Alive: 5"),
        *(
            b"X-Consumer-Id: x",
            b"X_Consumer_Id: x",
            b"x-consumer_id: x",
            b"X-CONSUMER-GROUPS: x",
            b"X-Authenticated-User: x",
        ),
        *(b"X-Portcullis-Identity: x", b"X_Portcullis_Identity: x", b"X-Portcullis-Anything: x", b"Content_Length: 5"),
        *(
            b"X-Forwarded-For: 1.2.3.4",
            b"X_Forwarded_For: x",
            b"Forwarded: for=x",
            b"X-Real-IP: x",
            b"True-Client-IP: x",
        ),
        *(b"X-Forwarded-Host: x", b"X-Forwarded-Proto: https", b"X-Forwarded-Port: 1", b"X-Forwarded-Prefix: /x"),
        *(b"X-Request-Id: x", b"X-HTTP-Method-Override: DELETE", b"X-HTTP-Method: DELETE", b"X-Method-Override: PUT"),
        *(
            b"X-Original-URL: /admin",
            b"X-Rewrite-URL: /admin",
            b"X-Original-URI: /admin",
            b"Upgrade: h2c",
            b"TE: trailers",
        ),
        *(
            b"Trailer: X",
            b"Transfer-Encoding: chunked",
            b"Content-Length: 0",
            b"Expect: 100-continue",
            b"HTTP2-Settings: x",
        ),
    ],
)
def test_reserved_fields_never_pass(line: bytes) -> None:
    assert forwarded_block(fields(line), masked=False) == b""


def test_everything_else_passes_as_it_came() -> None:
    lines = (b"aCCept: a", b"Accept: b", b"Cookie: c=d", b"X-Other: \xe9", b"If-None-Match: x", b"Range: bytes=0-1")
    assert forwarded_block(fields(*lines), masked=False) == b"".join(line + b"\r\n" for line in lines)


def test_connection_options_are_for_this_hop() -> None:
    block = forwarded_block(
        fields(b"Connection: X-Mine , close", b"x-mine: 1", b"Connection: x-too", b"X-Too: 2", b"X: 3"), masked=False
    )
    assert block == b"X: 3\r\n"


async def test_connection_options_cannot_take_our_own_fields_away() -> None:
    rig = Rig()
    listed = "Connection: X-Consumer-Id, X-Portcullis-Identity, X-Forwarded-For, Content-Length, Host"
    result = await rig.ask(
        "POST /clinic/v1/practitioners HTTP/1.1", f"X-API-Key: {rig.key}", listed, "Content-Length: 2", body=b"{}"
    )
    (seen,) = result.seen
    for name in (b"x-consumer-id", b"x-portcullis-identity", b"x-forwarded-for", b"content-length", b"host"):
        assert len(seen.values(name)) == 1, name
    assert (seen.values(b"host"), seen.values(b"x-consumer-id")) == ([b"upstream.test"], [b"app"])


def test_a_masked_operation_asks_for_the_whole_answer_in_the_clear() -> None:
    asked = (
        b"Accept-Encoding: gzip",
        b"Range: bytes=0-1",
        b"If-Range: x",
        b"If-None-Match: x",
        b"If-Modified-Since: x",
        b"A-IM: x",
    )
    more = (b"If-Match: x", b"If-Unmodified-Since: x", b"If: (x)", b"X: y")
    assert forwarded_block(fields(*asked, *more), masked=True) == b"X: y\r\nAccept-Encoding: identity\r\n"


def test_a_write_that_depends_on_a_validator_is_refused_not_made_unconditional() -> None:
    for line in (b'If-Match: "x"', b"If-Unmodified-Since: x", b'If-None-Match: "x"', b"If: (x)"):
        with pytest.raises(Refused, match="precondition-failed"):
            refuse_conditional_write(b"PUT", fields(line))
        refuse_conditional_write(b"GET", fields(line))
    with pytest.raises(Refused, match="precondition-failed"):
        refuse_conditional_write(b"PUT", fields(b'If-Match: "x"', b"If-Match: *"))
    refuse_conditional_write(b"PUT", fields(b"If-None-Match: *"))
    assert b"If-None-Match: *\r\n" in forwarded_block(fields(b"If-None-Match: *"), masked=True)


@pytest.mark.parametrize(
    "line", [b"Upgrade: websocket", b"Upgrade: h2c, websocket", b"upgrade: TLS/1.0", b"Upgrade: HTTP/2.0"]
)
def test_an_upgrade_is_refused_by_name(line: bytes) -> None:
    with pytest.raises(Refused, match="not-implemented"):
        refuse_upgrade(fields(line))


def test_an_offer_of_h2c_is_passed_over() -> None:
    refuse_upgrade(fields(b"Upgrade: h2c"))
    refuse_upgrade(fields())


def test_the_body_keeps_its_framing() -> None:
    assert framing_line(fields()) == b""
    assert framing_line(fields(b"Content-Length: 007")) == b"Content-Length: 7\r\n"
    assert framing_line(fields(b"Transfer-Encoding: CHUNKED")) == b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize("bad", [{"A": "b\r\nC: d"}, {"A": "b\n"}, {"A\r\nB": "c"}, {"A": "b\0"}])
def test_an_upstreams_own_header_cannot_break_the_line(bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="line break"):
        header_lines(bad)
    assert header_lines({"Authorization": "Basic x", "B": "é"}) == b"Authorization: Basic x\r\nB: \xe9\r\n"
