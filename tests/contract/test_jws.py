"""Signatures: published vectors, and all ways to write one that are not the one that is taken."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.dpop import read_proof
from contract.jws import (
    Jws,
    JwsError,
    base64url_decode,
    base64url_encode,
    check,
    read_object,
    read_public_key,
    take_apart,
)
from tests.gateway.tokens import Signer

VECTORS = Path(__file__).parent / "vectors" / "signatures.json"
EC = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
OKP = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
#: RFC 7515, appendix A.3, and RFC 8037, appendix A.4.
ES256 = (
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
EDDSA = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
#: RFC 9449, section 4.2; the thumbprint stands in section 6.1.
PROOF = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFV"
    "ZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VT"
    "YzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4"
    "vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)


def test_the_standards_own_examples_are_taken() -> None:
    for text, jwk in ((ES256, EC), (EDDSA, OKP)):
        check(take_apart(text), read_public_key(jwk))
    assert read_public_key(OKP).thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    proof = read_proof(PROOF)
    assert proof.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    assert (proof.jti, proof.method, proof.address) == ("-BwC3ESc6acc2lTc", "POST", "https://server.example.com/token")


def test_published_vectors_are_judged_as_published() -> None:
    judged = []
    for group in json.loads(VECTORS.read_text())["groups"]:
        key = read_public_key(group["jwk"])
        for number, result, signed, signature, comment in group["tests"]:
            jws = Jws({"alg": key.algorithm}, b"", bytes.fromhex(signed), bytes.fromhex(signature))
            judged.append((is_taken(jws, key), result == "valid", number, comment))
    assert [one for one in judged if one[0] != one[1]] == []
    assert len(judged) > 400


def is_taken(jws: Jws, key: object) -> bool:
    try:
        check(jws, key)  # type: ignore[arg-type]
    except JwsError:
        return False
    return True


HEADER, PAYLOAD, SIGNATURE = ES256.split(".")
WRONG = [
    "",
    ".",
    "..",
    f"{HEADER}.{PAYLOAD}",
    f"{HEADER}.{PAYLOAD}.",
    f".{PAYLOAD}.{SIGNATURE}",
    f"{ES256}.",
    f"{ES256}.AA",
    f"{ES256}==",
    f"{HEADER}=.{PAYLOAD}.{SIGNATURE}",
    f" {ES256}",
    f"{ES256}\n",
    f"{HEADER}\n.{PAYLOAD}.{SIGNATURE}",
    f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-1]}R",
    f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-1]}",
    f"{HEADER}.{PAYLOAD}.{SIGNATURE.replace('-', '+')}",
    f"{HEADER}.{PAYLOAD}.{base64url_encode(base64url_decode(SIGNATURE) + b'0')}",
    f"{HEADER}.{PAYLOAD}.{base64url_encode(bytes(64))}",
    f"{HEADER}.{PAYLOAD}.{base64url_encode(b'0E' + base64url_decode(SIGNATURE))}",
    f"{HEADER}.{PAYLOAD}A.{SIGNATURE}",
    f"{'A' * 9000}.{PAYLOAD}.{SIGNATURE}",
]


@pytest.mark.parametrize("text", WRONG)
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(JwsError):
        check(take_apart(text), read_public_key(EC))


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none"}',
        b'{"alg":"HS256"}',
        b'{"alg":"EdDSA"}',
        b'{"alg":"es256"}',
        b'{"alg":["ES256"]}',
        b"{}",
        b'{"alg":"ES256","crit":["exp"],"exp":1}',
        b'{"alg":"ES256","b64":false}',
        b'{"alg":"ES256","jku":"https://a.test/"}',
        b'{"alg":"ES256","x5u":"https://a.test/"}',
        b'{"alg":"none","alg":"ES256"}',
        b'{"alg":"ES256","a":{"b":1,"b":2}}',
        b'{"alg":"ES256","a":NaN}',
        b'{"alg":"ES256"} x',
        b'\xef\xbb\xbf{"alg":"ES256"}',
        b'{"alg":"ES256","a":"\xff"}',
        b'["alg"]',
        b'"ES256"',
        b"[" * 4000,
        b"",
    ],
)
def test_a_header_that_says_anything_else_is_refused(header: bytes) -> None:
    signer = Signer()
    with pytest.raises(JwsError):
        check(take_apart(signer.sign(header, {})), read_public_key(signer.jwk))


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "oct", "k": "AA"},
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"d": EC["x"]},
        {"use": "enc"},
        {"alg": "ES384"},
        {"key_ops": ["sign"]},
        {"x": EC["y"]},
        {"x": f"{EC['x']}="},
        {"x": "AAAA"},
        {"x": base64url_encode(b"\0" + base64url_decode(EC["x"]))},
        {"x": base64url_encode(bytes(32)), "y": base64url_encode(bytes(32))},
        {"x": 5},
        {"y": None},
    ],
)
def test_a_key_that_is_not_one_of_ours_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(JwsError):
        read_public_key({**EC, **change})


@given(st.binary(max_size=40))
@settings(max_examples=50)
def test_base64url_has_one_spelling(raw: bytes) -> None:
    assert base64url_decode(base64url_encode(raw)) == raw


@given(st.text(max_size=20))
@settings(max_examples=50)
def test_whatever_is_read_is_an_object_or_refused(text: str) -> None:
    with contextlib.suppress(JwsError):
        assert isinstance(read_object(text.encode("utf-8", "surrogatepass")), dict)
