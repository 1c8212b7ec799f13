"""One canonical path, for policy and upstream alike; what could be read as another path is refused."""

import pytest

from gateway.path import read_target
from gateway.refusal import Refused
from gateway.routing import Router


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/", "/", b""),
        (b"/a/b", "/a/b", b""),
        (b"/a/", "/a/", b""),
        (b"/A/%61%7E%2d", "/A/a~-", b""),
        (b"/caf%c3%a9", "/caf%C3%A9", b""),
        (b"/a%20b%25", "/a%20b%25", b""),
        (b"/a?b=/../%2F;#"[:-1], "/a", b"?b=/../%2F;"),
        (b"/a?", "/a", b"?"),
        (b"/a??b", "/a", b"??b"),
        (b"/...", "/...", b""),
        (b"/.well-known/x", "/.well-known/x", b""),
    ],
)
def test_it_writes_the_path_in_one_way(target: bytes, path: str, query: bytes) -> None:
    assert read_target(target) == (path, query)
    assert read_target(path.encode() + query) == (path, query)


@pytest.mark.parametrize(
    "target",
    [
        *(b"", b"*", b"a", b"http://other/", b"other:443", b"?a", b"//", b"//a", b"/a//b", b"/a//"),
        *(b"/.", b"/..", b"/a/.", b"/a/..", b"/./a", b"/a/../b", b"/%2e", b"/%2E%2e/a", b"/a/%2e./b", b"/.%2e"),
        *(b"/%2f", b"/a%2Fb", b"/a%5cb", b"/a\\b", b"/a;b", b"/a%3bb", b"/a;", b"/%00", b"/a%0d%0ab", b"/%7f", b"/%1F"),
        *(
            b"/%",
            b"/%2",
            b"/%g0",
            b"/%u0041",
            b"/%%36",
            b"/%c0%af",
            b"/%ff",
            b"/%ed%a0%80",
            b"/%c3",
            b"/a#b",
            b"/a?b#c",
        ),
        *(b'/"', b"/<", b"/>", b"/^", b"/`", b"/{", b"/|", b"/[", b"/ ", b"/a?\xe9", b"/a?b c"),
    ],
)
def test_it_rejects_what_reads_in_two_ways(target: bytes) -> None:
    with pytest.raises(Refused, match="bad-request"):
        read_target(target)


ROUTER = Router(
    (
        ("GET", "/", "root"),
        ("GET", "/items", "list"),
        ("post", "/items", "new"),
        ("GET", "/items/{id}", "one"),
        ("DELETE", "/items/{id}", "gone"),
        ("GET", "/items/mine", "mine"),
        ("GET", "/items/{id}.json", "json"),
        ("GET", "/{kind}/mine/x", "deep"),
        ("GET", "/caf\u00e9/a b", "words"),
        ("HEAD", "/only-head", "head"),
    )
)


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/", "root"),
        ("GET", "/items", "list"),
        ("POST", "/items", "new"),
        ("HEAD", "/items", "list"),
        ("GET", "/items/7", "one"),
        ("GET", "/items/mine", "mine"),
        ("DELETE", "/items/mine", "gone"),
        ("GET", "/items/7.json", "json"),
        ("GET", "/items/mine/x", "deep"),
        ("GET", "/caf%C3%A9/a%20b", "words"),
    ],
)
def test_the_most_literal_template_matches(method: str, path: str, operation: str) -> None:
    match = ROUTER.match(method, path)
    assert match is not None
    assert match.operation == operation


@pytest.mark.parametrize("path", ["/items/", "/items/7/", "/ITEMS", "/items/7/8", "/items/.json", "/other"])
def test_what_is_not_documented_does_not_match(path: str) -> None:
    match = ROUTER.match("GET", path)
    assert match is None or match.operation == "one"
    assert (match is None) == (path != "/items/.json")


@pytest.mark.parametrize(
    ("method", "others"), [("PUT", {"GET", "DELETE"}), ("get", {"GET", "DELETE"}), ("OPTIONS", {"GET", "DELETE"})]
)
def test_another_method_names_those_there_are(method: str, others: set[str]) -> None:
    match = ROUTER.match(method, "/items/7")
    assert match is not None
    assert (match.operation, set(match.others)) == (None, others)


def test_many_operations_and_long_paths_cost_no_blow_up() -> None:
    router = Router(tuple(("GET", "/" + "/".join(["{a}"] * depth) + "/end", f"op{depth}") for depth in range(1, 40)))
    match = router.match("GET", "/x" * 39 + "/end")
    assert match is not None
    assert match.operation == "op39"
    assert router.match("GET", "/x" * 2000) is None
