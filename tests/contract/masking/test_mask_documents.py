"""Documents that parsers may read differently are withheld; of the others, nothing changes but what a rule names."""

import pytest

from contract.masking.documents import is_deeper
from contract.masking.masker import Withheld
from contract.masking.rules import MaskRule

CANARY = b"c4n4ry-value"


def reason_for(masker, body: bytes) -> str:
    with pytest.raises(Withheld) as withheld:
        masker.mask(body)
    assert str(withheld.value) == withheld.value.reason
    return withheld.value.reason


@pytest.fixture(params=["$.email", "$.customer.email", "$.*.email", "$..email", "$.list[0].email"])
def masker(make_masker, request):
    return make_masker(MaskRule(request.param, "redact"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"email":"%s"' % CANARY,
        b'{"email":"%s"}x' % CANARY,
        b'{"email":"%s"}{"email":"%s"}' % (CANARY, CANARY),
        b'{"email":"%s",}' % CANARY,
        b"{'email':'%s'}" % CANARY,
        b'{email:"%s"}' % CANARY,
        b'{"email":NaN}',
        b'{"a":{"b":[Infinity]}}',
        b'{"a":[01]}',
        b'{"a":[1.]}',
        b'{"a":{"b":"\x01"}}',
        b'{"a":{"b":"\\x"}}',
        b'{"a":{"b":"\\ud800"}}',
        b'{"a":{"b":"\\udc00\\ud800"}}',
        b'{"a":/**/1}',
        b'{"a":1}\0',
        b'\x0c{"a":1}',
        b'{"a":\xa01}'.replace(b"\xa0", b"\xc2\xa0"),
        b"data: {}\n\n",
        b"<email>%s</email>" % CANARY,
    ],
)
def test_it_withholds_what_is_not_json(masker, body):
    if not body:
        assert masker.mask(body) == (b"", ())
    else:
        assert reason_for(masker, body) == "invalid-json"


@pytest.mark.parametrize("bad", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe9", b"\xe2\x82"])
@pytest.mark.parametrize("place", [b'{"b":{"c":"%s"}}', b'{"%s":1}', b'{"b":{"%s":1}}', b'{"b":1}%s'])
def test_it_withholds_what_is_not_utf8_even_where_no_path_enters(masker, place, bad):
    assert reason_for(masker, place % bad) == "charset"


@pytest.mark.parametrize(
    ("encoding", "reason"),
    [("utf-8-sig", "charset"), ("utf-16", "charset"), ("utf-16-le", "charset"), ("utf-32-be", "charset")],
)
def test_it_withholds_other_encodings(masker, encoding, reason):
    assert reason_for(masker, '{"email":"é"}'.encode(encoding)) == reason


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("$.email", b'{"email":1,"email":"%s"}'),
        ("$.email", b'{"email":"%s","\\u0065mail":1}'),
        ("$.email", b'{"other":1,"other":"%s"}'),
        ("$.email", b'{"other" \n:1,"other"\t:"%s","email" : 1}'),
        ("$.email", b'{"a":1,"a":"%s","x\\u003a":1}'),
        ("$.email", b'{"a":1,"a":"%s","x\\u003A":1}'),
        ("$.email", b'{"a":1,"a":"%s","x\\u003a":1,"\\u005cu003a":":"}'),
        ("$.email", b'{"a":1,"a":{"b":"%s"},"x\\u003a\\u003a":1}'),
        ("$.c.email", b'{"c":{"email":"%s","email":1}}'),
        ("$.c.email", b'{"c":{"email":"%s"},"c":{}}'),
        ("$.c.email", b'{"c":null,"c":{"email":"%s"}}'),
        ("$.c.email", b'{"x":1,"c":{"email":1},"x":"%s"}'),
        ("$[*].email", b'[{"email":1},{"email":1,"email":"%s"}]'),
        ("$[0].email", b'[{"email":1,"email":"%s"}]'),
        ("$..email", b'{"a":{"b":[{"c":1,"c":{"email":"%s"}}]}}'),
        ("$..email", b'{"":1,"":{"email":"%s"}}'),
    ],
)
def test_it_withholds_objects_with_two_members_of_one_name_wherever_a_path_enters(make_masker, path, body):
    masker = make_masker(MaskRule(path, "redact"))
    assert reason_for(masker, body % CANARY) == "duplicate-key"


@pytest.mark.parametrize(
    "body",
    [
        b'{"email":null,"a":":","b:":"::","\\":":{"c\\u003a":1}}',
        b'{"email":null,"x\\u003a":1,"x":2,"u003a":3,"\\\\u003a":4}',
        b'{"email":null,"a":{"x":1,"x":2}}',
        b'{"email":null,"a":[{"x":1,"x":2}]}',
        b'{"email":null,"Email":1,"EMAIL":2,"emai\\u006c ":3}',
    ],
)
def test_it_does_not_take_colons_for_members_nor_minds_what_no_path_enters(make_masker, body):
    masked = make_masker(MaskRule("$.email", "remove"), MaskRule("$.b.c", "remove")).mask(body)
    assert b"".join(masked.body.split()).count(b":") >= 2
    assert masked.fields == ("$.email",)


def test_a_descendant_rule_does_not_mind_duplicates_where_its_name_does_not_occur(make_masker):
    document = b'{"a":{"x":1,"x":{"y":2}},"email":1}'
    assert make_masker(MaskRule("$..email", "remove")).mask(document).body == b'{"a":{"x":1,"x":{"y":2}}}'
    assert reason_for(make_masker(MaskRule("$..y", "remove")), document) == "duplicate-key"


def nested(depth: int, opening: str, closing: str) -> bytes:
    """`depth` arrays or objects, the outermost an object."""
    return ('{"a":' + opening * (depth - 1) + "1" + closing * (depth - 1) + "}").encode()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('["]}\\"[",', "]")])
def test_it_withholds_more_than_64_levels(masker, opening, closing):
    assert masker.mask(nested(64, opening, closing)).fields == ()
    for depth in (65, 200, 2000, 100_000):
        assert reason_for(masker, nested(depth, opening, closing)) == "too-deep"


@pytest.mark.parametrize(
    ("document", "depth"),
    [
        ("1", 0),
        ("[]", 1),
        ('["[[[[[["]', 1),
        ('["\\\\",[],"\\"[[[",{}]', 2),
        ('{"[\\\\\\"[":[{"}":[]},[[]],{}]}', 4),
        ('[["]"],["\\\\\\\\"],[[["["]]]]', 4),
    ],
)
def test_depth_counts_brackets_outside_of_strings(document, depth):
    padded = f"[{document},{'[],' * 99}0]".encode()
    assert not is_deeper(padded, max(depth, 1) + 1)
    assert is_deeper(padded, max(depth, 1))


NUMBERS = ["1.10", "-0", "-0.0", "1e5", "1E+05", "1e400", "0.1e-9", "1" * 30, "18446744073709551616"]


@pytest.mark.parametrize("number", [*NUMBERS, "9" * 5000])
@pytest.mark.parametrize("path", ["$.x", "$..x", "$.a[*].x", "$['a','b'][1:].x"])
def test_numbers_keep_their_text(make_masker, path, number):
    document = f'{{"a":[{number},{{"n":{number}}}],"b":{number}}}'.encode()
    assert make_masker(MaskRule(path, "redact")).mask(document).body == document


@pytest.mark.parametrize("scalar", ["1.10", '"\\u00e9"', "null", "true", "-0"])
def test_a_document_may_be_a_scalar(masker, scalar):
    assert masker.mask(f" {scalar}\r\n".encode()).body == scalar.encode()


def test_what_no_path_enters_stays_byte_for_byte(make_masker):
    document = b'{"keep":{ "a" : "\\u00e9\\/" ,\r\n\t"b":[ 1 ,2 ]},"email":1}'
    masked = make_masker(MaskRule("$.email", "remove")).mask(document)
    assert masked.body == document.replace(b',"email":1', b"")


def test_ndjson_is_masked_line_by_line(make_masker):
    masker = make_masker(MaskRule("$.email", "remove"), MaskRule("$.b", "redact"), MaskRule("$.c", "redact"))
    masked = masker.mask_lines(b'{"email":1,"a":2}\n\r\n  \n{"b":3}\r\n[1]')
    assert masked == (b'{"a":2}\n{"b":null}\n[1]\n', ("$.email", "$.b"))
    assert masker.mask_lines(b"") == (b"", ())
    assert masker.mask_lines(b"\n\n") == (b"", ())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"email":', "invalid-json"),
        (b'{"email":1}{"email":2}', "invalid-json"),
        (b'{"email":1}\r{"email":2}', "invalid-json"),
        (b"\x0b", "invalid-json"),
        (b"\xff", "charset"),
        (b'{"email":1,"email":2}', "duplicate-key"),
        (b"[" * 65 + b"]" * 65, "too-deep"),
        (b'{"other":1}', "required-missing"),
    ],
)
def test_one_bad_line_withholds_all(make_masker, line, reason):
    masker = make_masker(MaskRule("$.email", "redact", required=True))
    good = b'{"email":"%s"}' % CANARY
    for body in ([line, good], [good, line], [good, line, good]):
        with pytest.raises(Withheld) as withheld:
            masker.mask_lines(b"\n".join(body))
        assert withheld.value.reason == reason


def test_ndjson_without_lines_lacks_what_is_required(make_masker):
    with pytest.raises(Withheld, match="required-missing"):
        make_masker(MaskRule("$.email", "redact", required=True)).mask_lines(b"\n")
