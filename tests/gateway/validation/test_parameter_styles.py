"""Every style with every shape and explode: what is written as the document says is read, what is not is refused."""

from typing import Any

import pytest

from tests.gateway.validation.judging import judge, with_parameters

INTEGER = {"type": "integer"}
NUMBERS = {"type": "array", "items": INTEGER, "minItems": 2}
POINT = {
    "type": "object",
    "properties": {"x": INTEGER, "label": {"type": "string"}},
    "required": ["x", "label"],
    "additionalProperties": False,
}
SHAPES = {"one": INTEGER, "many": NUMBERS, "point": POINT}


def parameter(place: str, schema: Any, style: str, explode: bool, **more: Any) -> dict[str, Any]:
    return {"name": "p", "in": place, "required": True, "style": style, "explode": explode, "schema": schema, **more}


# place, style, explode, shape, as it should be, and what it must not be
TABLE: list[tuple[str, str, bool, str, str, list[str]]] = [
    ("path", "simple", False, "one", "5", ["a", "5,6", "5.0", "05", "+5", "%2B5", "5%20"]),
    ("path", "simple", True, "one", "5", ["a", "5,6"]),
    ("path", "simple", False, "many", "5,6", ["5", "5,a", "5,,6", ",5,6"]),
    ("path", "simple", True, "many", "5%2C6", ["5", "a,6"]),
    ("path", "simple", False, "point", "x,5,label,a", ["x,5", "x,5,label", "x,a,label,b", "x,1,label,a,x,2"]),
    ("path", "simple", True, "point", "x=5,label=a", ["x=5", "x=a,label=b", "x,5,label,a", "x=1,label=a,y=2"]),
    ("path", "label", False, "one", ".5", ["5", ".a", "..5"]),
    ("path", "label", False, "many", ".5,6", ["5,6", ".5", ".5.6"]),
    ("path", "label", True, "many", ".5.6", ["5.6", ".5,6"]),
    ("path", "label", False, "point", ".x,5,label,a", [".x,a,label,b", "x,5,label,a"]),
    ("path", "label", True, "point", ".x=5.label=a", [".x=5", "x=5.label=a"]),
    ("path", "matrix", False, "one", ";p=5", ["5", ";q=5", ";p=a"]),
    ("path", "matrix", False, "many", ";p=5,6", [";p=5", "5,6"]),
    ("path", "matrix", True, "many", ";p=5;p=6", [";p=5", ";p=5;q=6", ";p=5,6"]),
    ("path", "matrix", False, "point", ";p=x,5,label,a", [";p=x,5", ";x=5;label=a"]),
    ("path", "matrix", True, "point", ";x=5;label=a", [";x=5", ";x=a;label=b"]),
    ("query", "form", True, "one", "p=5", ["p=a", "p=5&p=6", "p=", "p", "q=5", "P=5", "p=%35a", "p=1e0", "p=1_0"]),
    ("query", "form", False, "one", "p=%35", ["p=a", "p=5&p=5"]),
    ("query", "form", True, "many", "p=5&p=6", ["p=5", "p=5,6", "p=5&p=a", "p=5&p="]),
    ("query", "form", False, "many", "p=5,6", ["p=5", "p=5&p=6", "p=5,", "p=5,6&p=7,8"]),
    ("query", "form", False, "many", "p=5%2c6", ["p=5%2Ca"]),
    ("query", "form", True, "point", "x=5&label=a", ["x=5", "x=a&label=b", "p=x,5,label,a", "x=5&x=6&label=a"]),
    ("query", "form", False, "point", "p=x,5,label,a", ["p=x,5", "p=x", "x=5&label=a"]),
    ("query", "spaceDelimited", False, "many", "p=5%206", ["p=5", "p=5,6", "p=5%20%206"]),
    ("query", "spaceDelimited", False, "many", "p=5+6", ["p=5%2B6"]),
    ("query", "spaceDelimited", False, "point", "p=x%205%20label%20a", ["p=x,5,label,a"]),
    ("query", "spaceDelimited", True, "many", "p=5&p=6", ["p=5%206"]),
    ("query", "pipeDelimited", False, "many", "p=5|6", ["p=5", "p=5,6"]),
    ("query", "pipeDelimited", False, "many", "p=5%7C6", ["p=5|a"]),
    ("query", "pipeDelimited", False, "point", "p=x|5|label|a", ["p=x|5"]),
    ("query", "pipeDelimited", True, "many", "p=5&p=6", ["p=5|6"]),
    ("query", "deepObject", True, "point", "p[x]=5&p[label]=a", ["p[x]=5", "p[x]=a&p[label]=b", "p=x,5,label,a"]),
    ("query", "deepObject", True, "point", "p%5Bx%5D=5&p%5Blabel%5D=a", ["p[x][y]=5&p[label]=a", "p[]=5", "p[x=5"]),
    (
        "query",
        "deepObject",
        True,
        "point",
        "p[x]=5&p[label]=a",
        ["p[x]=5&p[x]=6&p[label]=a", "p[x]=5&p[label]=a&p[y]=1"],
    ),
    ("header", "simple", False, "one", "5", ["a", "5,6", "%35"]),
    ("header", "simple", False, "many", "5, 6", ["5", "5;6", "5,,6"]),
    ("header", "simple", False, "point", "x,5,label,a", ["x,5"]),
    ("header", "simple", True, "point", "x=5,label=a", ["x=5", "x,5,label,a"]),
    ("cookie", "form", True, "one", "p=5", ["p=a", "q=5", "p=5; p=6", "P=5", "p=%zz"]),
    ("cookie", "form", False, "many", "a=b; p=5,6", ["p=5", "p=a,b"]),
    ("cookie", "form", False, "point", "p=x,5,label,a; z=1", ["p=x,5"]),
]
VALID = [(place, style, explode, shape, text) for place, style, explode, shape, text, _ in TABLE]
INVALID = [(place, style, explode, shape, text) for place, style, explode, shape, _, bad in TABLE for text in bad]


def issues(place: str, style: str, explode: bool, shape: str, text: str) -> list:
    rule = parameter(place, SHAPES[shape], style, explode)
    if place == "path":
        return judge(with_parameters(rule, path="/things/{p}"), f"/things/{text}")
    request = with_parameters(rule)
    if place == "query":
        return judge(request, query=text)
    return judge(request, "/things", "", f"{'Cookie' if place == 'cookie' else 'P'}: {text}")


@pytest.mark.parametrize(("place", "style", "explode", "shape", "text"), VALID)
def test_it_reads_what_is_written_as_documented(place: str, style: str, explode: bool, shape: str, text: str) -> None:
    assert issues(place, style, explode, shape, text) == []


@pytest.mark.parametrize(("place", "style", "explode", "shape", "text"), INVALID)
def test_it_refuses_what_is_written_otherwise(place: str, style: str, explode: bool, shape: str, text: str) -> None:
    found = issues(place, style, explode, shape, text)
    assert {issue.place for issue in found} == {place}
    assert "p" in {issue.name for issue in found} | ({"p"} if "%zz" in text else set())


@pytest.mark.parametrize(("place", "style", "explode", "shape"), [row[:4] for row in VALID if row[0] != "path"])
def test_it_refuses_an_absent_one_only_where_it_is_required(place: str, style: str, explode: bool, shape: str) -> None:
    required = parameter(place, SHAPES[shape], style, explode)
    assert [(issue.name, issue.message) for issue in judge(with_parameters(required))] == [("p", "Is required.")]
    assert judge(with_parameters({**required, "required": False})) == []
