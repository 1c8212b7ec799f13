"""The sample data, its pages, and what writing does to it."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.upstream_process import Upstream

SIZES = [("practitioners", 24), ("patients", 180), ("appointments", 400)]


def every_row(upstream: Upstream, path: str, parameter: str) -> list[dict[str, Any]]:
    rows, following = [], None
    while True:
        page = upstream.get(
            f"{path}{'&' if '?' in path else '?'}limit=7" + (f"&{parameter}={following}" if following else "")
        )
        assert page["has_more"] is (page[f"next_{parameter}"] is not None)
        rows += page["data"]
        following = page[f"next_{parameter}"]
        if not page["has_more"]:
            return rows


@pytest.mark.parametrize(("version", "parameter"), [("v1", "offset"), ("v2", "cursor")])
@pytest.mark.parametrize(("collection", "size"), SIZES)
def test_pages_hold_every_row_once(
    version: str, parameter: str, collection: str, size: int, read_only_upstream: Upstream
) -> None:
    ids = [row["id"] for row in every_row(read_only_upstream, f"/{version}/{collection}", parameter)]
    assert len(ids) == len(set(ids)) == size


@pytest.mark.parametrize(("version", "parameter"), [("v1", "offset"), ("v2", "cursor")])
def test_filters_hold_across_pages(version: str, parameter: str, read_only_upstream: Upstream) -> None:
    rows = every_row(read_only_upstream, f"/{version}/appointments?status=cancelled", parameter)
    assert {row["status"] for row in rows} == {"cancelled"}
    everything = every_row(read_only_upstream, f"/{version}/appointments", parameter)
    assert rows == [row for row in everything if row["status"] == "cancelled"]


def test_a_day_filter_keeps_only_those_days(read_only_upstream: Upstream) -> None:
    rows = read_only_upstream.get("/v2/appointments?from=2026-12-01&until=2026-12-02&limit=100")["data"]
    assert {row["start"][:10] for row in rows} == {"2026-12-01", "2026-12-02"}


def test_an_unknown_practitioner_has_no_appointments(read_only_upstream: Upstream) -> None:
    assert read_only_upstream.get("/v2/appointments?practitioner_id=prc_zzzzz")["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=",
        "limit=1&limit=2",
        "limit=%D9%A1",
        "offset=-1",
        "limit=9999999999999",
    ],
)
def test_it_refuses_queries_that_are_wrong(query: str, read_only_upstream: Upstream) -> None:
    answer = read_only_upstream.call("GET", f"/v1/patients?{query}")
    assert (answer.status, answer.json["errors"][0]["at"]) == (422, f"?{query.split('=')[0]}")


@pytest.mark.parametrize("cursor", ["x", "", "cDAwMDAwMg==", "cDAwMDAwM", "%FF", "LTE", "cC0wMDAwMQ", "a" * 500])
def test_it_refuses_made_up_cursors(cursor: str, read_only_upstream: Upstream) -> None:
    assert read_only_upstream.call("GET", f"/v2/patients?cursor={cursor}").status in (400, 422)


def test_it_ignores_other_parameters(read_only_upstream: Upstream) -> None:
    assert read_only_upstream.get("/v2/patients?colour=blue") == read_only_upstream.get("/v2/patients")


def test_every_start_has_the_same_rows(start_upstream: Callable[..., Upstream]) -> None:
    one, other = start_upstream(), start_upstream()
    for version in ("v1", "v2"):
        for collection, _ in SIZES:
            path = f"/{version}/{collection}?limit=100"
            assert one.call("GET", path).body == other.call("GET", path).body


def test_numbers_keep_their_text(read_only_upstream: Upstream) -> None:
    body = read_only_upstream.call("GET", "/v1/practitioners/1").body
    assert b'"registry_number":6025297091002679849614,' in body
    assert b'"rating":4.60,' in body
    listed = read_only_upstream.call("GET", "/v2/practitioners?limit=100").body
    assert len(re.findall(rb'"registry_number":[1-9][0-9]{21},"rating":[3-5]\.[0-9]0,', listed)) == 24


def test_nobody_is_in_two_places_at_once(read_only_upstream: Upstream) -> None:
    rows = [row for row in every_row(read_only_upstream, "/v2/appointments", "cursor") if row["status"] != "cancelled"]
    starts = [(row["practitioner_id"], row["start"]) for row in rows]
    assert len(starts) == len(set(starts))


def test_a_registered_patient_is_at_the_location_in_both_versions(upstream: Upstream) -> None:
    body = {
        "full_name": "Mirza van Dahl",
        "birth_date": "1990-01-02",
        "phone": "+494066969001",
        "insurance_no": "A1234567890",
        "address": {"street": "North Quay 1", "postcode": "22000", "city": "Kiel"},
    }
    answer = upstream.call("POST", "/v1/patients", body)
    assert answer.headers["location"] == f"patients/{answer.json['id']}"
    assert upstream.get("/v1/" + answer.headers["location"]) == answer.json
    shown = upstream.get("/v2/" + answer.headers["location"])
    assert (shown["given_name"], shown["family_name"], shown["preferred_language"]) == ("Mirza", "van Dahl", "de")
    assert upstream.get("/v2/patients?email=nobody@mail.example")["data"] == []


def test_a_patch_merges(upstream: Upstream) -> None:
    before = upstream.get("/v2/patients/pat_4f2k9")
    patch = {"email": None, "address": {"street": "Elm Court 4"}}
    after = upstream.call("PATCH", "/v2/patients/pat_4f2k9", patch).json
    assert after == {**before, "email": None, "address": {**before["address"], "street": "Elm Court 4"}}
    assert upstream.get("/v2/patients/pat_4f2k9") == after
    assert upstream.call("PATCH", "/v2/patients/pat_4f2k9", {"phone": None}).status == 422
    assert upstream.get("/v2/patients/pat_4f2k9") == after


def test_a_patch_through_version_1_keeps_what_only_version_2_has(upstream: Upstream) -> None:
    upstream.call("PATCH", "/v2/patients/pat_4f2k9", {"given_name": "Ines Maria", "preferred_language": "fr"})
    upstream.call("PATCH", "/v1/patients/pat_4f2k9", {"phone": "+494066969002"})
    after = upstream.get("/v2/patients/pat_4f2k9")
    assert (after["given_name"], after["family_name"], after["phone"]) == ("Ines Maria", "Okafor", "+494066969002")
    assert after["preferred_language"] == "fr"


def booking(upstream: Upstream, start: str = "2026-12-01T10:30:00+02:00") -> Any:
    body = {"patient_id": "pat_z5zat", "practitioner_id": "prc_srp5e", "start": start}
    return upstream.call("POST", "/v2/appointments", body)


def slot_starts(upstream: Upstream) -> list[str]:
    slots = upstream.get("/v1/practitioners/1/slots?from=2026-12-01&days=1")["data"]
    return [slot["start"] for slot in slots]


def test_a_booking_takes_the_slot_and_a_cancellation_frees_it(upstream: Upstream) -> None:
    assert "2026-12-01T08:30:00Z" in slot_starts(upstream)
    booked = booking(upstream).json
    assert booked["start"] == "2026-12-01T08:30:00Z"
    assert "2026-12-01T08:30:00Z" not in slot_starts(upstream)
    for _ in range(2):
        assert upstream.call("DELETE", f"/v2/appointments/{booked['id']}").status == 204
    assert upstream.get(f"/v1/appointments/{booked['id']}")["status"] == "cancelled"
    assert "2026-12-01T08:30:00Z" in slot_starts(upstream)
    assert booking(upstream).status == 201


@pytest.mark.parametrize("start", ["2026-12-01T08:00:00Z", "2026-12-01T07:45:00Z", "2026-12-01T08:29:59Z"])
def test_a_taken_time_is_a_conflict_that_names_its_holder(start: str, read_only_upstream: Upstream) -> None:
    answer = booking(read_only_upstream, start)
    assert answer.status == 409
    assert answer.json["conflict"]["appointment_id"] == "apt_8m4xq"
    assert answer.json["conflict"]["patient"]["insurance_number"] == "K2940117730"


def test_a_move_checks_the_new_time_and_leaves_a_cancelled_appointment(upstream: Upstream) -> None:
    booked = f"/v2/appointments/{booking(upstream).json['id']}"
    assert upstream.call("PATCH", booked, {"start": "2026-12-01T08:15:00Z"}).status == 409
    assert upstream.call("PATCH", booked, {"start": "2026-12-01T09:00:00Z"}).json["start"] == "2026-12-01T09:00:00Z"
    assert upstream.call("PATCH", booked, {"duration_minutes": 45}).json["duration_minutes"] == 45
    upstream.call("DELETE", booked)
    assert upstream.call("PATCH", booked, {"start": "2026-12-01T12:30:00Z"}).status == 409
