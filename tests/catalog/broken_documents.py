"""Two hundred documents that must not be imported, made from one that can be."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import yaml

from tests.factories import DOCUMENT

SOUND: dict[str, Any] = yaml.safe_load(DOCUMENT)
TEXT = json.dumps(SOUND, indent=1)
ANSWER = ["paths", "/books", "get", "responses", "200"]
PRIVATE = (
    *("http://127.0.0.1/x", "http://localhost/x.yaml", "http://[::1]/", "http://169.254.169.254/latest/meta-data/"),
    *(
        "http://10.0.0.1/#/x",
        "https://192.168.0.1/",
        "http://2130706433/",
        "http://[::ffff:10.0.0.1]/",
        "file:///etc/x",
    ),
    *("../../etc/passwd", "other.yaml#/a", "//evil.example/x", "ftp://127.0.0.1/x", "data:text/plain,x", "#anchor"),
)
Broken = tuple[str, str | bytes]


def broken_documents() -> list[Broken]:
    """Each with what is wrong with it."""
    makers = (_truncated, _wrongly_typed, _cyclic, _laughing, _misencoded, _remote, _oversized, _lacking)
    return [each for maker in makers for each in maker()]


def _truncated() -> Iterator[Broken]:
    for part in range(1, 40):
        yield f"cut after {part} of 40 parts", TEXT[: len(TEXT) * part // 40]
    for word in ("securitySchemes:", "oauth2", "get:\n", "responses: {"):
        yield f"YAML cut at {word}", DOCUMENT[: DOCUMENT.index(word) + len(word) - 2]


def _wrongly_typed() -> Iterator[Broken]:
    """A number, a text or null in the place of each object and list."""
    for path in _containers(SOUND, []):
        for wrong in (7, "text", None):
            yield f"{wrong!r} at {'/'.join(path)}", _with(path, wrong)


def _containers(node: Any, path: list[str]) -> Iterator[list[str]]:
    if isinstance(node, (dict, list)):
        yield path
        members = node.items() if isinstance(node, dict) else enumerate(node)
        for name, value in members:
            yield from _containers(value, [*path, str(name)])


def _with(path: list[str], value: Any) -> str:
    document = json.loads(TEXT)
    if not path:
        return json.dumps(value)
    node: Any = document
    for name in path[:-1]:
        node = node[int(name)] if isinstance(node, list) else node[name]
    node[int(path[-1]) if isinstance(node, list) else path[-1]] = value
    return json.dumps(document)


def _cyclic() -> Iterator[Broken]:
    for length in range(1, 9):
        names = [f"R{number}" for number in range(length)]
        responses = {
            name: {"$ref": f"#/components/responses/{names[(number + 1) % length]}"}
            for number, name in enumerate(names)
        }
        document = json.loads(_with(ANSWER, {"$ref": "#/components/responses/R0"}))
        document["components"]["responses"] = responses
        yield f"a circle of {length} references", json.dumps(document)


def _laughing() -> Iterator[Broken]:
    for width in (2, 9, 50):
        lines = ["a0: &a0 [x]"]
        for number in range(1, 10):
            aliases = ",".join([f"*a{number - 1}"] * width)
            lines.append(f"a{number}: &a{number} [{aliases}]")
        yield f"aliases, {width} at a time", "\n".join(lines)
    yield "an alias of itself", "&a [*a]"
    yield "a merge", "a: &a {b: 1}\nc: {<<: *a}"


def _misencoded() -> Iterator[Broken]:
    for encoding in ("utf-16", "utf-16-be", "utf-32"):
        yield encoding, TEXT.encode(encoding)
    yield "latin-1", TEXT.replace("Library", "Bibliothèque").encode("latin-1")
    yield "latin-1 in YAML", DOCUMENT.replace("Library", "Bücherei").encode("latin-1")
    yield "compressed", gzip.compress(TEXT.encode())
    yield "NUL", DOCUMENT.replace("Library", "Lib\0rary").encode()
    yield "half a character", TEXT.replace("Library", "\\ud800")
    yield "noise", bytes(range(256)) * 40


def _remote() -> Iterator[Broken]:
    for address in PRIVATE:
        yield f"a reference to {address}", _with(ANSWER, {"$ref": address})
        yield f"a path at {address}", _with(["paths", "/books/{book_id}"], {"$ref": address})


def _oversized() -> Iterator[Broken]:
    yield "more than 16 MiB", b"x" * (16 * 1024 * 1024 + 1)
    for levels in (250, 5_000, 100_000):
        yield f"{levels} levels of JSON", "[" * levels + "]" * levels
        yield f"{levels} levels of YAML", "a: " + "{a: " * levels + "1" + "}" * levels


def _lacking() -> Iterator[Broken]:
    for path in (["openapi"], ["info"], ["info", "title"], ["info", "version"], [*ANSWER, "description"]):
        document = json.loads(TEXT)
        node = document
        for name in path[:-1]:
            node = node[name]
        del node[path[-1]]
        yield f"no {path[-1]}", json.dumps(document)
    for version in ("2.0", "1.2", "4.0.0", "3.9.0", "", "three"):
        yield f"openapi {version!r}", _with(["openapi"], version)
