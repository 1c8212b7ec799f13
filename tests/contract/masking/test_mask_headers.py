"""Which headers pass on a masked answer."""

import pytest

from contract.masking.headers import masked_headers


@pytest.mark.parametrize(
    "name",
    [
        "ETag",
        "Content-Length",
        "content-encoding",
        "Transfer-Encoding",
        "Digest",
        "Content-Digest",
        "Repr-Digest",
        "Content-MD5",
        "Last-Modified",
        "Content-Range",
        "Accept-Ranges",
        "Set-Cookie",
        "Location",
        "Content-Location",
        "Link",
        "Content-Disposition",
        "Expires",
        "Age",
        "X-Customer-Email",
        "Server",
        "Trailer",
        "vary ",
        "",
    ],
)
def test_it_drops(name):
    assert masked_headers([(name.encode(), b"c4n4ry")]) == masked_headers([])


def test_it_passes_what_cannot_carry_a_field_in_its_order():
    headers = [(b"content-TYPE", b"application/json"), (b"Content-Language", b"de"), (b"Retry-After", b"3")]
    assert masked_headers(headers)[:3] == headers


def test_the_answer_is_the_consumers_own():
    headers = masked_headers([(b"Cache-Control", b"public, max-age=60"), (b"vary", b"Accept-Language")])
    assert headers == [
        (b"vary", b"Accept-Language"),
        (b"Cache-Control", b"private"),
        (b"Vary", b"Authorization"),
    ]


@pytest.mark.parametrize("charset", [b"us-ascii", b'"US-ASCII"'])
def test_what_was_ascii_is_labelled_as_the_utf8_that_the_masker_writes(charset):
    headers = masked_headers([(b"Content-Type", b"application/json; Charset=" + charset + b"; v=1")])
    assert headers[0] == (b"Content-Type", b"application/json; Charset=utf-8; v=1")
