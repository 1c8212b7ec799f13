"""What POST and PATCH refuse is what the documents refuse."""

from copy import deepcopy
from typing import Any

import pytest

from tests.demo.clinic_documents import OPERATIONS, Operation, resolved, validator
from tests.demo.upstream_process import Upstream

CREATING = pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.method == "post"], ids=str)
REGISTERING = pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.id == "registerPatient"], ids=str
)
ODD_VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", " ", "x", "a b", "a  b", "\u0000", "x" * 5000, "2021-02-30", "2021-2-3",
    "1984-03-09", "+494066969812", "a@b", "a@b.example", "K2940117730", "k2940117730", "22303", "223031",
    "DE", "de", "xx", [], ["x"], {}, {"street": "x"}, "<script>", "' OR 1=1", "\U0001f600",
]  # fmt: skip


def example(operation: Operation) -> dict[str, Any]:
    return deepcopy(operation.bodies["application/json"])


def places(value: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner = [place for name, each in value.items() if isinstance(each, dict) for place in places(each, (*path, name))]
    return [(*path, name) for name in value] + inner


def changed(body: dict[str, Any], place: tuple[str, ...], value: Any) -> dict[str, Any]:
    target = body
    for name in place[:-1]:
        target = target[name]
    target[place[-1]] = value
    return body


@CREATING
def test_it_refuses_a_body_without_a_required_member(operation: Operation, upstream: Upstream) -> None:
    required = operation.body_schema["required"]
    assert required
    for name in required:
        body = {key: value for key, value in example(operation).items() if key != name}
        answer = upstream.call("POST", operation.target(), body)
        assert answer.status == 422, (name, answer.body)
        assert name in answer.json["errors"][0]["detail"]


@CREATING
def test_it_refuses_an_unknown_member(operation: Operation, upstream: Upstream) -> None:
    for extra in ({"id": "pat_22222"}, {"balance": 0}, {"status": "confirmed"}, {"": 1}):
        assert upstream.call("POST", operation.target(), {**example(operation), **extra}).status == 422


@REGISTERING
def test_it_accepts_and_refuses_the_same_values_as_its_document(operation: Operation, upstream: Upstream) -> None:
    document = validator(operation.version, operation.spec["requestBody"]["content"]["application/json"]["schema"])
    verdicts = set()
    for place in places(example(operation)):
        for value in ODD_VALUES:
            body = changed(example(operation), place, value)
            status = upstream.call("POST", operation.target(), body).status
            assert (status == 201) is document.is_valid(body), (place, value, status)
            verdicts.add(status)
    assert verdicts == {201, 422}


@REGISTERING
def test_it_refuses_a_line_end_after_a_value(operation: Operation, upstream: Upstream) -> None:
    """Apart, because Python's ``$`` lets one pass where that of JSON Schema does not."""
    for place in [("phone",), ("email",), ("address", "postcode")]:
        body = example(operation)
        target = body["address"] if len(place) == 2 else body
        target[place[-1]] += "\n"
        assert upstream.call("POST", operation.target(), body).status == 422


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.id == "bookAppointment"], ids=str)
def test_it_never_fails_on_odd_bookings(operation: Operation, upstream: Upstream) -> None:
    odd_times = [
        "2026-12-01",
        "2026-12-01T09:30:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59Z",
        "2026-12-01T25:00:00Z",
    ]
    for place in places(example(operation)):
        for value in [*ODD_VALUES, *odd_times]:
            answer = upstream.call("POST", operation.target(), changed(example(operation), place, value))
            assert answer.status in (201, 409, 422), (place, value, answer.body)
            operation.check(answer.status, answer.headers["content-type"], answer.json)
    assert (
        upstream.call("POST", operation.target(), changed(example(operation), ("patient_id",), "pat_zzzzz")).status
        == 422
    )


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.method == "patch"], ids=str)
def test_a_patch_checks_the_merged_row(operation: Operation, upstream: Upstream) -> None:
    properties = operation.body_schema["properties"]
    for name, schema in properties.items():
        can_be_text = resolved(operation.version, schema).get("type") in ("string", ["string", "null"])
        answer = upstream.call("PATCH", operation.target(), {name: 1.5 if can_be_text else [[]]})
        assert answer.status == 422, (name, answer.body)
        assert answer.json["errors"][0]["at"] == f"/{name}"
    assert upstream.call("PATCH", operation.target(), {"id": "x"}).status == 422
