"""Published records and call rows only grow: today's reader takes yesterday's text and tomorrow's."""

import msgspec
import pytest

from contract import records
from contract.calls import CallRow, decode_row, encode_row
from contract.masking.rules import MaskRule

#: One text of each kind as the first release writes it: a reader must take these for ever.
FIRST_RELEASE = {
    "organisation": b'3 {"id":"org_1","slot":5,"status":"active"}',
    "application": b'1 {"id":"app_1","organisation":"org_1","status":"active"}',
    "secret": b'1 {"credential":"key_1","status":"active","not_after_ms":null}',
    "credential": b'2 {"id":"key_1","application":"app_1","environment":"test","scopes":["a"],"status":"revoked",'
    b'"expires_at_ms":5,"networks":["10.0.0.0/8"],"stub":"pc_test_abcd"}',
    "subscription": b'1 {"id":"sub_1","plan":"pln_1","status":"active","anchor_ms":7}',
    "plan": b'9 {"id":"pln_1","name":"Free","versions":["ver_1"],"scopes":["a"],"limits":[{"name":"day","kind":"quota",'
    b'"amount":5,"period_seconds":0,"burst":0,"window":"day","anchored":false}],"masks":[{"rule":{"path":"$.a",'
    b'"action":"hash","keep":0,"precision":"","required":false},"api":"","version":"","operation":""}],"status":"active"}',
    "api": b'1 {"id":"api_1","slug":"clinic","versions":{"v1":"ver_1"},"unmatched":"refuse","status":"active"}',
    "version": b'1 {"id":"ver_1","api":"clinic","name":"v1","state":"live","upstream_url":"http://u","test_upstream_url":'
    b'"","operations":[["GET","/a","opn_1"]],"deprecated_at_ms":null,"sunset_at_ms":null,"successor":"","upstream_headers":""}',
    "operation": b'1 {"id":"opn_1","version":"ver_1","method":"GET","path":"/a","scope":"a","cost":1}',
    "restriction": b'2 {"id":"rst_1","how":"mask","reference":"R-7K2M9Q","advice":"Write to us.",'
    b'"organisation":"org_1","application":"","credential":"","user":"","plan":"","networks":["10.0.0.0/8"],"api":"api_1","version":"",'
    b'"operation":"","scope":"","throttle":{"amount":5,"period_seconds":60,"burst":0},"masks":[{"path":"$.a",'
    b'"action":"remove","keep":0,"precision":"","required":false}],"starts_at_ms":null,"ends_at_ms":7}',
    "member": b'2 {"id":"org_1/usr_1","role":"owner"}',
    "token-key": b'1 {"id":"kid_1","jwk":{"kty":"EC","crv":"P-256","x":"eA","y":"eQ"},"not_before_ms":5,'
    b'"not_after_ms":null}',
    "consent": b'2 {"id":"gnt_1","credential":"key_1","user":"usr_1","scopes":["a"],"status":"revoked"}',
    "account": b'1 {"id":"usr_1","status":"suspended"}',
    "token": b'1 {"id":"x9","ends_at_ms":7}',
}
CHOICES = {"state": "live", "environment": "live", "how": "block"}


def test_every_kind_has_a_text_of_the_first_release() -> None:
    assert FIRST_RELEASE.keys() == records.KINDS.keys()


@pytest.mark.parametrize("kind", sorted(records.KINDS))
def test_todays_reader_takes_the_first_releases_text(kind: str) -> None:
    version, body = records.decode_record(kind, FIRST_RELEASE[kind])
    assert version == int(FIRST_RELEASE[kind].split(b" ")[0])
    assert isinstance(body, records.KINDS[kind])


@pytest.mark.parametrize("kind", sorted(records.KINDS))
def test_a_text_with_fields_of_a_later_release_is_taken(kind: str) -> None:
    later = FIRST_RELEASE[kind].replace(b"{", b'{"of_a_later_release":[{"x":1}],', 1)
    assert records.decode_record(kind, later) == records.decode_record(kind, FIRST_RELEASE[kind])


@pytest.mark.parametrize("kind", sorted(records.KINDS))
def test_every_field_that_came_after_the_required_ones_has_a_default(kind: str) -> None:
    fields = msgspec.structs.fields(records.KINDS[kind])
    least = {field.name: 1 if field.type is int else CHOICES.get(field.name, "x") for field in fields if field.required}
    for name in {"versions", "jwk"} & least.keys():
        least[name] = {}  # type: ignore[assignment]
    text = b"1 " + msgspec.json.encode(least)
    assert isinstance(records.decode_record(kind, text).body, records.KINDS[kind])


@pytest.mark.parametrize("kind", sorted(records.KINDS))
def test_a_record_comes_back_as_it_was_written(kind: str) -> None:
    version, body = records.decode_record(kind, FIRST_RELEASE[kind])
    stored = records.encode_record(version, body)
    assert stored.startswith(b"%d {" % version)
    assert records.decode_record(kind, stored) == (version, body)


def test_a_tombstone_is_told_from_a_record() -> None:
    assert records.decode_record("plan", records.encode_record(4, None)) == (4, None)


@pytest.mark.parametrize("text", [b"", b"x {}", b"1", b"1 {", b"1 []", b'1 {"id":3}', b"\xff", b"{}"])
def test_what_is_no_record_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        records.decode_record("plan", text)


def test_a_status_that_this_release_does_not_know_is_refused_not_taken_as_active() -> None:
    text = FIRST_RELEASE["credential"].replace(b"revoked", b"frozen")
    with pytest.raises(msgspec.ValidationError):
        records.decode_record("credential", text)


def test_a_call_row_of_the_first_release_and_of_a_later_one_are_taken() -> None:
    text = (
        b'{"request_id":"r","at_ms":5,"organisation":"o","application":"a","credential":"k","environment":"test",'
        b'"gateway":"g","method":"GET","path":"/x"}'
    )
    assert decode_row(text).outcome == "unknown"
    assert decode_row(text.replace(b"{", b'{"later":1,', 1)) == decode_row(text)


def test_a_call_row_comes_back_as_it_was_written() -> None:
    row = CallRow("r", 5, "o", "a", "k", "live", "g", "GET", "/x", outcome="answered", status=200, masked=("$.a",))
    assert decode_row(encode_row(row)) == row


def test_a_mask_rule_of_the_first_release_is_taken() -> None:
    assert msgspec.json.decode(b'{"path":"$.a","action":"hash"}', type=MaskRule) == MaskRule("$.a", "hash")
