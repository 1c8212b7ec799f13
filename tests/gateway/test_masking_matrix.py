"""No answer dodges its mask on the way through a real gateway: every way to label, frame, damage and split one.

The cells are those of the masker's own matrix, crossed with framing and header tricks. Each body carries a canary. A
sound answer comes out masked with all else intact; any other is withheld. `PROVE=1` runs 12,000 cells.
"""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import pytest

from contract.masking.rules import MaskRule
from contract.records import Mask
from tests.contract.masking import test_mask_matrix as matrix
from tests.gateway.gateway_process import Answer, Client, GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import Request, UpstreamServer
from tests.gateway.valkey_process import ValkeyProcess
from tests.gateway.waiting import until

Note = Callable[[str, object], None]
CELLS = 12_000 if os.environ.get("PROVE") == "1" else 600
CLIENTS = 16
LIMIT_BYTES = 4096
CANARY = matrix.CANARY.encode()
FRAMINGS = {
    "length": True,
    "one byte a chunk": True,
    "chunks": True,
    "until closed": True,
    "short": False,
    "cut chunk": False,
}
TRICKS = {
    "none": True,
    "coding for this hop": True,
    "type for this hop": True,
    "two types": False,
    "two codings": False,
    "early hints": True,
    "trailer": True,
}


class Sent(NamedTuple):
    """A cell of the masker's matrix and how the upstream puts it on the wire."""

    cell: matrix.Cell
    framing: str
    trick: str


def sent_cells() -> list[Sent]:
    chance = random.Random(7)
    cells = chance.sample(matrix.cells() * (1 + CELLS // matrix.CELLS), CELLS)
    return [
        Sent(cell, _often_plain(chance, FRAMINGS, ("length", "chunks")), _often_plain(chance, TRICKS, ("none",)))
        for cell in cells
    ]


def _often_plain(chance: random.Random, all_of_them: dict[str, bool], plain: tuple[str, ...]) -> str:
    return chance.choice(plain if chance.random() < 0.5 else tuple(all_of_them))


def is_sound(sent: Sent) -> bool:
    cell = sent.cell
    twice = sent.trick == "two codings" or (sent.trick == "two types" and cell.media_type)
    return matrix.is_sound(cell) and FRAMINGS[sent.framing] and not twice


def body_of(cell: matrix.Cell) -> bytes:
    """The body as the upstream sends it; white space brings it to its size."""
    text = cell.document.replace("%s", cell.secret)
    encoded = len(text.encode(cell.text_encoding))
    text += " " * {"far below": 0, "at the limit": LIMIT_BYTES - encoded, "above": LIMIT_BYTES}[cell.size]
    body = text.encode(cell.text_encoding)
    for coding in cell.stack:
        body = matrix.ENCODERS[coding](body)
    return matrix.damaged(body, cell.damage)


def head_of(sent: Sent) -> bytes:
    cell, lines = sent.cell, [b"X-Secret: " + CANARY, b"ETag: " + CANARY, b"Set-Cookie: a=" + CANARY]
    if media_type := cell.media_type + cell.charset:
        lines += [b"Content-Type: " + media_type.encode()] * (2 if sent.trick == "two types" else 1)
    if (label := matrix.label(cell)) is not None:
        lines.append(b"Content-Encoding: " + label.encode())
    if cell.content_range:
        lines.append(b"Content-Range: " + cell.content_range.encode())
    lines += {
        "coding for this hop": [b"Connection: Content-Encoding, Content-Range"],
        "type for this hop": [b"Connection: content-type"],
        "two codings": [b"Content-Encoding: gzip", b"Content-Encoding: br"],
    }.get(sent.trick, [])
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: <%b>\r\n\r\n" % CANARY if sent.trick == "early hints" else b""
    return hints + b"HTTP/1.1 %d Any\r\n" % cell.status + b"".join(line + b"\r\n" for line in lines)


async def put_on_wire(sent: Sent, writer: asyncio.StreamWriter, chance: random.Random) -> None:
    body, head = body_of(sent.cell), head_of(sent)
    if sent.framing in ("length", "short"):
        head += b"Content-Length: %d\r\n\r\n" % (len(body) + (sent.framing == "short"))
        await _in_pieces(writer, head + body, chance)
    elif sent.framing == "until closed":
        await _in_pieces(writer, head + b"\r\n" + body, chance)
    else:
        step = 1 if sent.framing == "one byte a chunk" else 97
        pieces = [body[at : at + step] for at in range(0, len(body), step)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        trailer = b"X-Trailer: %b\r\n" % CANARY if sent.trick == "trailer" else b""
        end = b"" if sent.framing == "cut chunk" else b"0\r\n" + trailer + b"\r\n"
        await _in_pieces(writer, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + end, chance)
    if sent.framing in ("short", "until closed", "cut chunk"):
        writer.close()


async def _in_pieces(writer: asyncio.StreamWriter, data: bytes, chance: random.Random) -> None:
    for _ in range(chance.choice((0, 0, 1, 3))):
        at = chance.randrange(len(data))
        writer.write(data[:at])
        await asyncio.sleep(0)
        data = data[at:]
    writer.write(data)


def without_secret(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: None if name == "email" else without_secret(inner) for name, inner in value.items()}
    return [without_secret(inner) for inner in value] if isinstance(value, list) else value


def expected(cell: matrix.Cell) -> list[Any]:
    """The documents that a sound cell must come out as."""
    text = cell.document.replace("%s", cell.secret)
    lines = [line for line in text.split("\n") if line.strip()] if cell.media_type == "application/x-ndjson" else [text]
    return [without_secret(json.loads(line)) for line in lines]


def check(sent: Sent, answer: Answer, counts: Counter[str]) -> None:
    assert CANARY not in answer.body, sent
    assert CANARY.decode() not in str(answer.headers), sent
    if not is_sound(sent):
        assert answer.status == 502, (sent, answer)
        counts[json.loads(answer.body)["type"].split("/")[-2]] += 1
        return
    assert answer.status == sent.cell.status, (sent, answer)
    lines = answer.body.splitlines() if sent.cell.media_type == "application/x-ndjson" else [answer.body]
    assert [json.loads(line) for line in lines] == expected(sent.cell), sent
    counts["masked"] += 1


@pytest.fixture
async def masking(valkey_process: ValkeyProcess, scene: Scene) -> AsyncIterator[GatewayProcess]:
    scene.publish_plan(masks=[Mask(MaskRule("$..email", "redact"))])
    process = GatewayProcess(valkey_process.url, GATEWAY_MASKED_BODY_MAX_BYTES=str(LIMIT_BYTES), LOG_LEVEL="INFO")
    await process.wait_ready()
    yield process
    process.close()


async def test_sound_answers_come_out_masked_and_no_other_comes_out(
    masking: GatewayProcess, scene: Scene, upstream: UpstreamServer, record_property: Note
) -> None:
    cells, key, counts, chance = sent_cells(), scene.new_key(), Counter[str](), random.Random(11)

    async def speak(request: Request, writer: asyncio.StreamWriter) -> None:
        await put_on_wire(cells[int(request.target.rpartition(b"/")[2])], writer, chance)

    async def ask(numbers: list[int]) -> None:
        async with Client(masking.port) as client:
            for number in numbers:
                answer = await client.ask(f"/clinic/v1/practitioners/{number}", key)
                check(cells[number], answer, counts)

    upstream.answer = speak
    await asyncio.gather(*(ask(list(range(start, CELLS, CLIENTS))) for start in range(CLIENTS)))
    for name, count in {"cells": CELLS, **counts}.items():
        record_property(name, count)
    assert counts.total() == len(upstream.requests) == CELLS
    assert min(counts["masked"], counts["response-withheld"]) > CELLS / 20
    assert "inside" not in masking.log
    await until(lambda: len(scene.publisher.rows()) == CELLS)
    outcomes = Counter(row.outcome for row in scene.publisher.rows())
    assert outcomes == {
        "answered": counts["masked"],
        "withheld": counts["response-withheld"],
        "failed": counts["upstream-invalid"],
    }
