"""Plans, their limits and their masks."""

from typing import Any

import pytest
from django.test import Client

from audit.models import Event
from plans.models import MOST_TERMS, Mask, Plan
from tests.cast import Cast
from tests.factories import make_version
from tests.staff.making import make_mask

EXAMPLE = '{"id": 123456789012345678901234567890, "email": "ada@example.org", "price": 1.10}'


def _plan(**changed: Any) -> dict[str, Any]:
    typed = {"name": "Gold", "slug": "gold", "price": "49.90", "currency": "eur", "position": "2"}
    return typed | {"on_leak": "quarantine"} | changed


def _rows(*rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": initial}
    blank = {"name": "", "kind": "", "amount": "", "period_seconds": "0", "burst": "0", "window": ""}
    for number, row in enumerate(rows):
        data |= {f"form-{number}-{name}": value for name, value in (blank | row).items()}
    return data


def _mask(**changed: Any) -> dict[str, Any]:
    return {"place": "", "path": "$.email", "action": "redact", "keep": "0", "precision": "", "step": "save"} | changed


def test_a_plan_is_added_with_its_price_in_cents(cast: Cast, staff: Client) -> None:
    data = _plan(versions=[cast.version.pk], scopes=["books:read"], terms="Be kind.\r\nTell nobody.\r\n")
    assert staff.post("/admin/plans/new/", data).status_code == 303
    made = Plan.objects.get(slug="gold")
    assert (made.price_cents, made.currency, made.scopes) == (4990, "EUR", ["books:read"])
    assert list(made.versions.all()) == [cast.version]
    assert made.terms == "Be kind.\nTell nobody."


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "starter"},
        {"slug": "a b"},
        {"price": "-1"},
        {"price": "1e9"},
        {"price": "NaN"},
        {"price": "1.001"},
        {"currency": "E1R"},
        {"versions": ["4242"]},
        {"scopes": ["made:up"]},
        {"position": "-1"},
        {"terms": "x" * (MOST_TERMS + 1)},
        {"name": ""},
    ],
)
def test_it_rejects_a_plan_that_makes_no_sense(cast: Cast, staff: Client, wrong: dict[str, Any]) -> None:
    assert staff.post("/admin/plans/new/", _plan(**wrong)).status_code == 422
    assert Plan.objects.count() == 1


def test_giving_a_plan_at_sign_up_takes_it_from_the_other(cast: Cast, staff: Client) -> None:
    assert staff.post("/admin/plans/new/", _plan(is_default="on")).status_code == 303
    assert Plan.objects.get(is_default=True).slug == "gold"


def test_limits_are_replaced_row_by_row(cast: Cast, staff: Client) -> None:
    path = f"/admin/plans/{cast.plan.public_id}/limits/"
    rate = {"name": "second", "kind": "rate", "amount": "5", "period_seconds": "1"}
    quota = {"name": "day", "kind": "quota", "amount": "100", "window": "day"}
    assert staff.post(path, _rows(rate, quota, {})).status_code == 303
    assert list(cast.plan.limits.values_list("name", "amount")) == [("second", 5), ("day", 100)]
    removed = {**rate, "DELETE": "on"}
    assert staff.post(path, _rows(removed, quota, {}, initial=2)).status_code == 303
    assert list(cast.plan.limits.values_list("name", flat=True)) == ["day"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"name": "x", "kind": "rate", "amount": "5"}, "period_seconds"),
        ({"name": "x", "kind": "quota", "amount": "5"}, "window"),
        ({"name": "x", "kind": "concurrency", "amount": "0"}, "at least 1"),
        ({"name": "x", "kind": "melt", "amount": "5"}, "valid choice"),
        ({"name": "x", "kind": "quota", "amount": "-5", "window": "day"}, "greater than or equal"),
        ({"name": "", "kind": "quota", "amount": "5", "window": "day"}, "required"),
        ({"name": "x y", "kind": "quota", "amount": "5", "window": "day"}, "Use a–z"),
        ({"name": "x", "kind": "quota", "amount": "9" * 30, "window": "day"}, ""),
    ],
)
def test_a_wrong_limit_is_named_in_its_row_and_nothing_is_saved(
    cast: Cast, staff: Client, row: dict[str, Any], says: str
) -> None:
    good = {"name": "day", "kind": "quota", "amount": "1", "window": "day"}
    response = staff.post(f"/admin/plans/{cast.plan.public_id}/limits/", _rows(good, row))
    assert response.status_code == 422
    assert says in response.content.decode()
    assert not cast.plan.limits.exists()


def test_two_limits_of_one_name_are_refused(cast: Cast, staff: Client) -> None:
    row = {"name": "day", "kind": "quota", "amount": "1", "window": "day"}
    response = staff.post(f"/admin/plans/{cast.plan.public_id}/limits/", _rows(row, row))
    assert response.status_code == 422
    assert "Another limit has this name." in response.content.decode()


def test_more_limits_than_a_plan_may_have_are_refused(cast: Cast, staff: Client) -> None:
    rows = [{"name": f"day{n}", "kind": "quota", "amount": "1", "window": "day"} for n in range(40)]
    assert staff.post(f"/admin/plans/{cast.plan.public_id}/limits/", _rows(*rows)).status_code == 422
    assert not cast.plan.limits.exists()


def test_a_mask_is_added_on_one_operation_only(cast: Cast, staff: Client) -> None:
    operation = cast.version.operations.get(anchor="read-book")
    path = f"/admin/plans/{cast.plan.public_id}/masks/new/"
    assert staff.post(path, _mask(place=f"operation:{operation.public_id}")).status_code == 303
    mask = Mask.objects.get()
    assert (mask.operation, mask.version, mask.api) == (operation, cast.version, cast.version.api)
    assert Event.objects.filter(action="plan.mask_added", actor_id=cast.staff.user.public_id).exists()


def test_widening_a_mask_lets_go_of_its_operation(cast: Cast, staff: Client) -> None:
    mask = make_mask(cast.plan, operation=cast.version.operations.first())
    path = f"/admin/plans/{cast.plan.public_id}/masks/{mask.pk}/"
    assert staff.post(path, _mask(place=f"api:{cast.version.api.public_id}")).status_code == 303
    mask.refresh_from_db()
    assert (mask.operation, mask.version, mask.api) == (None, None, cast.version.api)
    assert staff.post(path, _mask(place="")).status_code == 303
    mask.refresh_from_db()
    assert (mask.operation, mask.version, mask.api) == (None, None, None)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"path": "email"}, "cannot be read"),
        ({"path": "$"}, "names the whole answer"),
        ({"path": "$.a[?@.b]"}, "filter"),
        ({"path": "$." + "a" * 400}, "at most 300"),
        ({"path": ""}, "required"),
        ({"action": "partial"}, "keeps 0 characters"),
        ({"action": "generalise", "precision": "century"}, "century"),
        ({"action": "vanish"}, "valid choice"),
        ({"place": "operation:opn_none"}, "valid choice"),
        ({"keep": "-1"}, "greater than or equal"),
    ],
)
def test_a_wrong_mask_is_refused_at_its_field(cast: Cast, staff: Client, wrong: dict[str, str], says: str) -> None:
    for step in ("save", "preview"):
        data = _mask(**wrong) | {"step": step}
        response = staff.post(f"/admin/plans/{cast.plan.public_id}/masks/new/", data)
        assert response.status_code == 422
        assert says in response.content.decode()
    assert not Mask.objects.exists()


def test_a_mask_cannot_be_put_on_what_the_plan_does_not_cover(cast: Cast, staff: Client) -> None:
    foreign = make_version("museum").operations.first()
    assert foreign is not None
    path = f"/admin/plans/{cast.plan.public_id}/masks/new/"
    assert staff.post(path, _mask(place=f"operation:{foreign.public_id}")).status_code == 422


def test_a_mask_of_another_plan_is_not_found_here(cast: Cast, staff: Client) -> None:
    staff.post("/admin/plans/new/", _plan())
    other = Plan.objects.get(slug="gold")
    mask = make_mask(cast.plan)
    for path in (f"masks/{mask.pk}/", f"masks/{mask.pk}/remove/"):
        assert staff.post(f"/admin/plans/{other.public_id}/{path}", _mask()).status_code == 404
    assert Mask.objects.filter(pk=mask.pk).exists()


def test_removing_a_mask_asks_for_a_post(cast: Cast, staff: Client) -> None:
    mask = make_mask(cast.plan)
    path = f"/admin/plans/{cast.plan.public_id}/masks/{mask.pk}/remove/"
    staff.get(path)
    assert Mask.objects.filter(pk=mask.pk).exists()
    assert staff.post(path).status_code == 303
    assert not Mask.objects.filter(pk=mask.pk).exists()


def test_the_preview_shows_the_masked_field_and_keeps_every_other_text(cast: Cast, staff: Client) -> None:
    operation = cast.version.operations.get(anchor="read-book").public_id
    path = f"/admin/plans/{cast.plan.public_id}/masks/new/"
    data = _mask(step="preview", operation=operation, body=EXAMPLE)
    response = staff.post(path, data)
    after = response.content.decode().partition('id="after"')[2]
    assert response.status_code == 200
    assert "ada@example.org" not in after
    assert "123456789012345678901234567890" in after
    assert "1.10" in after
    assert not Mask.objects.exists()


def test_the_preview_uses_the_changed_mask_instead_of_the_saved_one(cast: Cast, staff: Client) -> None:
    mask = make_mask(cast.plan, "$.email")
    data = _mask(
        path="$.price",
        action="remove",
        step="preview",
        operation=cast.version.operations.get(anchor="read-book").public_id,
        body=EXAMPLE,
    )
    page = staff.post(f"/admin/plans/{cast.plan.public_id}/masks/{mask.pk}/", data).content.decode()
    after = page.partition('id="after"')[2]
    assert "ada@example.org" in after
    assert "1.10" not in after.partition("</code>")[0]


@pytest.mark.parametrize("body", ["{", '{"a": 1, "a": 2}', "[" * 100, "\udcff", "x" * 200_001])
def test_a_sample_that_cannot_be_masked_is_withheld_or_refused(cast: Cast, staff: Client, body: str) -> None:
    make_mask(cast.plan, "$.a")
    operation = cast.version.operations.get(anchor="read-book").public_id
    data = {"operation": operation, "body": body.encode("utf-8", "surrogateescape").decode("utf-8", "replace")}
    response = staff.post(f"/admin/plans/{cast.plan.public_id}/preview/", data)
    page = response.content.decode()
    assert (response.status_code, "withheld" in page) in ((200, True), (422, False)) or "No rule matches" in page


def test_a_required_mask_that_matches_nothing_says_withheld(cast: Cast, staff: Client) -> None:
    make_mask(cast.plan, "$.phone", is_required=True)
    operation = cast.version.operations.get(anchor="read-book").public_id
    data = {"operation": operation, "body": EXAMPLE}
    page = staff.post(f"/admin/plans/{cast.plan.public_id}/preview/", data).content.decode()
    assert "required-missing" in page
    assert 'id="after"' not in page
