"""What holds for parameters whatever their style: decoding, types, what is repeated, what nobody declared."""

from typing import Any

import pytest

from gateway.strict import read_fields
from tests.gateway.validation.judging import in_query, judge, with_parameters


def query(schema: Any, **more: Any) -> dict[str, Any]:
    return {"name": "p", "in": "query", "schema": schema, **more}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer"}, ["0", "-7", "123456789012345678901234567890"], ["-", "1.", "0x1", "٣", "1e2", "9" * 65]),
        (
            {"type": "number"},
            ["0", "-0.5", "1e3", "1E-2"],
            [".5", "1.", "NaN", "Infinity", "1e999", "1,5", "0_1", "01"],
        ),
        ({"type": "boolean"}, ["true", "false"], ["True", "1", "0", "yes", "", "TRUE"]),
        ({"type": "string", "minLength": 1}, ["5", "true", "a%20b", "%C3%A9"], [""]),
        ({"type": ["integer", "null"]}, ["5"], ["null", ""]),
        ({"anyOf": [{"type": "integer", "maximum": 3}, {"type": "string", "pattern": "^x"}]}, ["3", "x4"], ["4", "y"]),
        ({"type": ["integer", "string"], "enum": ["5", 6]}, ["5", "6"], ["7"]),
        ({"enum": [1, 2]}, ["1"], ["3", "1.0", "a"]),
        ({"const": True}, ["true"], ["false", "1"]),
        ({}, ["5", "anything"], []),
        ({"type": "string", "format": "date"}, ["2027-01-31"], ["2027-02-30", "31.1.2027"]),
        ({"type": "integer", "format": "int32"}, ["2147483647"], ["2147483648"]),
        ({"type": "string", "maxLength": 2}, ["%F0%9F%98%80%C3%A9"], ["abc"]),
    ],
)
def test_text_is_taken_as_the_type_that_the_schema_names(schema: Any, good: list[str], bad: list[str]) -> None:
    request = with_parameters(query(schema))
    assert [text for text in good if in_query(request, f"p={text}")] == []
    assert [text for text in bad if not in_query(request, f"p={text}")] == []


@pytest.mark.parametrize(
    "text", ["p=%", "p=%4", "p=%zz", "p=%FF", "p=%C0%80", "p=%ED%A0%80", "p=a%00b", "x=%00", "%ff=1"]
)
def test_what_cannot_be_decoded_is_refused_wherever_it_stands(text: str) -> None:
    (issue,) = in_query(with_parameters(query({"type": "string"})), text)
    assert (issue.place, issue.name) == ("query", "")


def test_a_plus_is_a_space_in_a_query_and_itself_elsewhere() -> None:
    request = with_parameters(query({"const": "a b"}))
    assert in_query(request, "p=a+b") == in_query(request, "p=a%20b") == []
    assert in_query(request, "p=a%2Bb")
    path = with_parameters(
        {"name": "p", "in": "path", "required": True, "schema": {"const": "a+b"}}, path="/things/{p}"
    )
    assert judge(path, "/things/a+b") == judge(path, "/things/a%2Bb") == []


@pytest.mark.parametrize(("place", "lines"), [("header", ["P: 1", "P: 1"]), ("cookie", ["Cookie: p=1", "Cookie: p=1"])])
def test_one_value_may_not_come_twice(place: str, lines: list[str]) -> None:
    request = with_parameters({"name": "p", "in": place, "schema": {"type": "string"}})
    assert judge(request, "/things", "", lines[0]) == []
    assert [issue.message for issue in judge(request, "/things", "", *lines)] == ["Must be given once."]


def test_several_header_fields_are_one_list() -> None:
    request = with_parameters({"name": "p", "in": "header", "schema": {"type": "array", "items": {"enum": ["a", "b"]}}})
    assert judge(request, "/things", "", "P: a ,\tb", "p: b") == []
    assert judge(request, "/things", "", "P: a", "p: c")


def test_undeclared_parameters_pass_and_are_counted() -> None:
    request = with_parameters(query({"type": "integer"}), query(True, name="deep", style="deepObject"))
    fields = read_fields(b"Host: g\r\n\r\n", 10)
    judged = request.judge_parameters("/things", b"?p=1&a=1&a=2&b&deep[x]=1&P=2", fields)
    assert (judged.issues, judged.undeclared) == ([], 3)


def test_an_object_for_all_names_judges_all_but_those_of_others() -> None:
    anything = {"type": "object", "additionalProperties": {"type": "integer"}}
    request = with_parameters(query(anything, name="rest"), query({"type": "string"}))
    assert in_query(request, "a=1&b=2&p=text") == []
    assert [(issue.name, issue.pointer) for issue in in_query(request, "a=1&b=text&p=text")] == [("rest", "/*")]


def test_a_parameter_may_be_a_json_document() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    request = with_parameters({"name": "p", "in": "query", "content": {"application/json": {"schema": schema}}})
    assert in_query(request, "p=%7B%22a%22:1%7D") == []
    (issue,) = in_query(request, "p=%7B%22a%22:%22x%22%7D")
    assert (issue.name, issue.pointer, issue.message) == ("p", "/a", "Must be of type integer.")
    for bad in ("%7B", "%7B%22a%22:1,%22a%22:1%7D", "%5B%5D"):
        assert in_query(request, f"p={bad}")


def test_an_empty_value_passes_where_the_document_allows_it() -> None:
    assert in_query(with_parameters(query({"type": "integer"}, allowEmptyValue=True)), "p=") == []
    assert in_query(with_parameters(query({"type": "integer"}, allowEmptyValue=True)), "p=&p=")


def test_headers_that_never_reach_the_upstream_are_not_asked_for() -> None:
    names = ["X-Request-Id", "X-API-Key", "Authorization", "Accept", "Content-Type", "X-Consumer-Id"]
    rules = [{"name": name, "in": "header", "required": True, "schema": {"type": "integer"}} for name in names]
    assert judge(with_parameters(*rules)) == []


def test_a_header_that_is_meant_for_this_hop_does_not_count_as_sent() -> None:
    request = with_parameters({"name": "P", "in": "header", "required": True, "schema": {"type": "string"}})
    assert judge(request, "/things", "", "P: a") == []
    assert judge(request, "/things", "", "P: a", "Connection: p")


def test_a_path_may_mix_text_and_parameters() -> None:
    def rule(name: str, schema: Any) -> dict[str, Any]:
        return {"name": name, "in": "path", "required": True, "schema": schema}

    request = with_parameters(
        rule("id", {"type": "integer"}), rule("kind", {"enum": ["json"]}), path="/things/{id}.{kind}/a b"
    )
    assert judge(request, "/things/5.json/a%20b") == []
    assert {issue.name for issue in judge(request, "/things/a.xml/a%20b")} == {"id", "kind"}
    assert [issue.place for issue in judge(request, "/elsewhere")] == ["path"]


def test_an_operations_parameter_goes_before_its_paths() -> None:
    from tests.gateway.validation.judging import compiled, document

    made = document({"parameters": [query({"type": "integer"})]})
    made["paths"]["/things"]["parameters"] = [query({"type": "boolean"}), query({"const": "a"}, name="q")]
    request = compiled(made)
    assert in_query(request, "p=5&q=a") == []
    assert {issue.name for issue in in_query(request, "p=true&q=b")} == {"p", "q"}
