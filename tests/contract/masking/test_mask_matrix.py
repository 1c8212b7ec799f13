"""The fail-closed matrix: every way in which an answer can dodge the mask, crossed with every other.

Each cell says of itself, feature by feature, whether the answer is sound. A sound one must come out masked, any other
must be withheld; the canary comes out of none.
"""

import gzip
import json
import os
import random
import zlib
from typing import NamedTuple

import brotli
import pytest
import zstandard

from contract.masking.bodies import readable_body
from contract.masking.masker import Withheld
from contract.masking.rules import MaskRule

CELLS = 20_000 if os.environ.get("PROVE") == "1" else 2_000
CANARY = "c4n4ry"
SECRET = f'"email":"{CANARY}é"'
ASCII_SECRET = f'"email":"{CANARY}"'

ENCODERS = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}
STACKS = [(), ("gzip",), ("deflate",), ("br",), ("zstd",), ("gzip", "br"), ("gzip", "gzip"), ("zstd", "deflate")]
STATUSES = {200: True, 201: True, 403: True, 500: True, 206: False}
TYPES = {
    "application/json": True,
    "application/problem+json": True,
    "application/x-ndjson": True,
    "text/plain": False,
    "text/event-stream": False,
    "multipart/mixed; boundary=b": False,
    "application/json, application/json": False,
    "": False,
}
CHARSETS = {
    "": True,
    "; charset=utf-8": True,
    '; charset="UTF-8"': True,
    "; charset=us-ascii": True,
    "; charset=iso-8859-1": False,
    "; charset=utf-16": False,
    "; charset=utf-8; charset=utf-8": False,
}
TEXT_ENCODINGS = {"utf-8": True, "latin-1": True, "utf-8-sig": False, "utf-16": False, "utf-16-le": False}
"""Latin-1 is sound where it is ASCII."""

DOCUMENTS = {
    "{%s}": True,
    '[1,{"list":[{%s}]}]': True,
    ' {"n": -0, "u": {%s}}\r\n': True,
    "{%s}\n{%s}": None,
    '{%s}\n\n{"other":1}': None,
    "{%s}\n{%s": False,
    '{%s,"email":1}': False,
    '{"\\u0065mail":1,%s}': False,
    '{"x":1,"x":{%s}}': False,
    '{%s,"x":NaN}': False,
    '{%s,"x":"\\ud800"}': False,
    '{%s,"x":"\t"}': False,
    "[" * 65 + "{%s}" + "]" * 65: False,
    "data: {%s}\n\n": False,
    "'%s'": False,
}
"""None: sound as NDJSON only. %s is the secret member."""

LABELS = ["honest", "honest", "upper case", "missing", "other", "doubled", "unknown", "trailing comma"]
DAMAGES = {"none": True, "garbage behind": False, "second copy behind": False, "cut": False, "garbage in front": False}
SIZES = {"far below": True, "at the limit": True, "above": False}
RANGES = {None: True, "bytes 0-99/100": False}


class Cell(NamedTuple):
    status: int
    media_type: str
    charset: str
    text_encoding: str
    secret: str
    document: str
    stack: tuple[str, ...]
    label: str
    damage: str
    size: str
    content_range: str | None


DIMENSIONS = [
    *(list(STATUSES), list(TYPES), list(CHARSETS), list(TEXT_ENCODINGS), [SECRET, ASCII_SECRET], list(DOCUMENTS)),
    *(STACKS, LABELS, list(DAMAGES), list(SIZES), list(RANGES)),
]


def cells() -> list[Cell]:
    """Sound answers with none to all of their features replaced at random; the same cells in every run."""
    chance = random.Random(20240517)
    sound = Cell(200, "application/json", "", "utf-8", SECRET, "{%s}", (), "honest", "none", "far below", None)
    drawn = []
    for number in range(CELLS):
        replaced = chance.sample(range(len(sound)), number % (len(sound) + 1))
        drawn.append(Cell(*(chance.choice(DIMENSIONS[i]) if i in replaced else sound[i] for i in range(len(sound)))))
    return drawn


def is_sound(cell: Cell) -> bool:
    is_ascii = cell.secret == ASCII_SECRET
    is_ndjson = cell.media_type == "application/x-ndjson"
    document = DOCUMENTS[cell.document]
    return (
        STATUSES[cell.status]
        and TYPES[cell.media_type]
        and CHARSETS[cell.charset]
        and (is_ascii or "us-ascii" not in cell.charset)
        and TEXT_ENCODINGS[cell.text_encoding]
        and (is_ascii or cell.text_encoding != "latin-1")
        and (is_ndjson if document is None else document)
        and is_label_honest(cell)
        and DAMAGES[cell.damage]
        and SIZES[cell.size]
        and RANGES[cell.content_range]
    )


def is_label_honest(cell: Cell) -> bool:
    return cell.label in ("honest", "upper case") or (cell.label == "missing" and not cell.stack)


def label(cell: Cell) -> str | None:
    honest = ", ".join(cell.stack)
    return {
        "honest": honest or None,
        "upper case": honest.upper() or "IDENTITY",
        "missing": None,
        "other": "deflate" if cell.stack[-1:] == ("gzip",) else "gzip",
        "doubled": f"{honest}, {honest}" if honest else "gzip, gzip",
        "unknown": "aes128gcm",
        "trailing comma": honest + ",",
    }[cell.label]


def body_and_limit(cell: Cell) -> tuple[bytes, int]:
    stages = [cell.document.replace("%s", cell.secret).encode(cell.text_encoding)]
    for coding in cell.stack:
        stages.append(ENCODERS[coding](stages[-1]))
    largest = max(map(len, stages))
    limit = {"far below": 10_000, "at the limit": largest, "above": largest - 1}[cell.size]
    return damaged(stages[-1], cell.damage), limit


def damaged(body: bytes, damage: str) -> bytes:
    """The cut takes at least one byte that is not white space."""
    return {
        "none": body,
        "garbage behind": body + b"%",
        "second copy behind": body.rstrip() + body,
        "cut": body.rstrip()[:-1],
        "garbage in front": b"%" + body,
    }[damage]


def answer(cell: Cell, masker) -> bytes:
    """What the gateway does with an upstream's answer."""
    body, limit = body_and_limit(cell)
    readable, is_ndjson = readable_body(
        status=cell.status,
        content_type=(cell.media_type + cell.charset) or None,
        content_encoding=label(cell),
        body=body,
        max_bytes=limit,
        content_range=cell.content_range,
    )
    return (masker.mask_lines(readable) if is_ndjson else masker.mask(readable)).body


def answer_or_none(cell: Cell, masker) -> bytes | None:
    """None if withheld."""
    try:
        return answer(cell, masker)
    except Withheld:
        return None


def test_sound_answers_come_out_masked_and_all_others_are_withheld(make_masker):
    masker = make_masker(MaskRule("$..email", "redact"))
    answers = [(cell, answer_or_none(cell, masker)) for cell in cells()]
    for cell, body in answers:
        assert (body is not None) == is_sound(cell), cell
        if body is not None:
            assert CANARY.encode() not in body, cell
            assert [json.loads(line) for line in body.splitlines() if b'"email":null' in line], cell
    masked = sum(body is not None for _, body in answers)
    assert CELLS / 20 < masked < CELLS / 2


def test_each_unsound_feature_alone_is_enough(make_masker):
    masker = make_masker(MaskRule("$..email", "redact"))
    sound = Cell(200, "application/json", "", "utf-8", SECRET, "{%s}", ("gzip",), "honest", "none", "far below", None)
    assert CANARY.encode() not in answer(sound, masker)
    alone = [Cell(*sound[:i], value, *sound[i + 1 :]) for i, values in enumerate(DIMENSIONS) for value in values]
    unsound = [cell for cell in alone if not is_sound(cell)]
    assert len(unsound) > 30
    for cell in unsound:
        with pytest.raises(Withheld):
            answer(cell, masker)
