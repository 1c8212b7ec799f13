"""Writes on plans and subscriptions: what was changed meanwhile is not undone, what cannot be enforced is refused."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Application
from accounts.writes import remove_application
from audit.models import Event
from audit.writing import Conflict
from catalog.models import Version
from plans.compare import compare
from plans.models import Mask, Plan
from plans.writes import (
    add_mask,
    change_mask,
    remove_mask,
    set_limits,
    set_masks,
    set_plan,
    set_subscription_status,
    subscribe,
)
from tests.factories import ACTOR, make_application, make_organisation, make_person, make_plan, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> Version:
    return make_version()


@pytest.fixture
def plan(version: Version) -> Plan:
    return make_plan("starter", version, is_default=True)


@pytest.fixture
def application(plan: Plan, version: Version) -> Application:
    return make_application(make_organisation(make_person("owner@bindery.example")), plan, version.api)


def test_the_default_moves_and_the_event_says_from_where(plan: Plan, version: Version) -> None:
    other = set_plan("basic", actor=ACTOR, name="Basic", is_default=True)
    plan.refresh_from_db()
    assert (plan.is_default, other.is_default) == (False, True)
    changes = Event.objects.filter(action="plan.created").latest("id").changes
    assert changes["given at sign-up"] == ["Starter", "Basic"]


def test_a_refused_change_leaves_the_default_where_it_was(plan: Plan) -> None:
    with pytest.raises(ValidationError):
        set_plan("basic", actor=ACTOR, name="", is_default=True)
    plan.refresh_from_db()
    assert plan.is_default


def test_an_editor_with_an_old_copy_undoes_nothing_of_the_other(plan: Plan) -> None:
    mask = add_mask(plan, actor=ACTOR, path="$.isbn", action="redact")
    mine, theirs = Mask.objects.get(pk=mask.pk), Mask.objects.get(pk=mask.pk)
    change_mask(theirs, actor=ACTOR, path="$.title")
    change_mask(mine, actor=ACTOR, action="remove")
    mask.refresh_from_db()
    assert (mask.path, mask.action) == ("$.title", "remove")


def test_a_removed_mask_does_not_come_back(plan: Plan) -> None:
    mask = add_mask(plan, actor=ACTOR, path="$.isbn", action="redact")
    stale = Mask.objects.get(pk=mask.pk)
    remove_mask(mask, actor=ACTOR)
    with pytest.raises(Conflict, match="removed this mask"):
        change_mask(stale, actor=ACTOR, action="remove")
    with pytest.raises(Conflict):
        remove_mask(stale, actor=ACTOR)
    assert not plan.masks.exists()


@pytest.mark.parametrize(
    "mask",
    [
        {"path": "isbn", "action": "redact"},
        {"path": "$", "action": "redact"},
        {"path": "$..[?@.a]", "action": "redact"},
        {"path": "$.a", "action": "hide"},
        {"path": "$.a", "action": "partial"},
        {"path": "$.a", "action": "partial", "keep": -1},
        {"path": "$.a", "action": "generalise", "precision": "decade"},
        {"path": "$." + "a" * 400, "action": "redact"},
        {"path": "", "action": "redact"},
    ],
)
def test_it_rejects_a_mask_that_could_not_be_compiled_and_keeps_the_others(plan: Plan, mask: dict[str, Any]) -> None:
    add_mask(plan, actor=ACTOR, path="$.title", action="redact")
    good = {"path": "$.isbn", "action": "redact"}
    with pytest.raises(ValidationError):
        set_masks(plan, [good, mask], actor=ACTOR)
    with pytest.raises(ValidationError):
        add_mask(plan, actor=ACTOR, **mask)
    assert [row.path for row in plan.masks.all()] == ["$.title"]


@pytest.mark.parametrize(
    "limit",
    [
        {"kind": "rate", "amount": 5},
        {"kind": "rate", "amount": 5, "period_seconds": 0},
        {"kind": "rate", "amount": 5, "period_seconds": 86_401},
        {"kind": "rate", "amount": True, "period_seconds": 1},
        {"kind": "rate", "amount": "5", "period_seconds": 1},
        {"kind": "rate", "amount": 5, "period_seconds": 1.5},
        {"kind": "rate", "amount": 2**40, "period_seconds": 1},
        {"kind": "rate", "amount": 5, "period_seconds": 1, "burst": -1},
        {"kind": "rate", "amount": 5, "period_seconds": 1, "window": "day"},
        {"kind": "quota", "amount": 5},
        {"kind": "quota", "amount": 5, "window": "year"},
        {"kind": "quota", "amount": 5, "window": "day", "burst": 3},
        {"kind": "concurrency", "amount": 0},
        {"kind": "concurrency", "amount": 5, "anchored": True},
        {"kind": "speed", "amount": 5},
        {"kind": None, "amount": 5},
    ],
)
def test_it_rejects_a_limit_that_could_not_be_enforced_and_keeps_the_others(plan: Plan, limit: dict[str, Any]) -> None:
    good = {"name": "day", "kind": "quota", "amount": 5, "window": "day"}
    set_limits(plan, [good], actor=ACTOR)
    with pytest.raises(ValidationError, match="bad"):
        set_limits(plan, [good, {"name": "bad", **limit}], actor=ACTOR)
    assert [row.name for row in plan.limits.all()] == ["day"]


def test_a_change_of_plan_keeps_the_subscriptions_row(application: Application, version: Version) -> None:
    before = application.subscriptions.get()
    after = subscribe(application, make_plan("pro", version), version.api, actor=ACTOR)
    assert (after.pk, after.public_id, after.started_at) == (before.pk, before.public_id, before.started_at)
    assert application.subscriptions.get().plan.slug == "pro"


def test_it_rejects_a_subscription_that_would_give_nothing(application: Application, plan: Plan) -> None:
    other = make_version("archive").api
    with pytest.raises(ValidationError, match="covers no version of Archive"):
        subscribe(application, plan, other, actor=ACTOR)
    remove_application(application, actor=ACTOR)
    application.refresh_from_db()
    with pytest.raises(ValidationError, match="was removed"):
        subscribe(application, plan, plan.versions.get().api, actor=ACTOR)


def test_it_rejects_a_status_that_is_none(application: Application) -> None:
    with pytest.raises(ValidationError, match="'frozen' is no status"):
        set_subscription_status(application.subscriptions.get(), "frozen", actor=ACTOR)


def test_plans_stand_side_by_side_in_their_order(
    version: Version, plan: Plan, django_assert_max_num_queries: Any
) -> None:
    make_plan("pro", version, position=2, scopes=["books:read"], masks=[{"path": "$.isbn", "action": "hash"}])
    set_plan("starter", actor=ACTOR, position=1)
    with django_assert_max_num_queries(4):
        comparison = compare(Plan.objects.order_by("-position"))
    assert [column.plan.slug for column in comparison.columns] == ["starter", "pro"]
    assert comparison.scopes == ["books:read", "books:write"]
    assert (comparison.versions, comparison.masked_paths) == ([version], ["$.isbn"])
