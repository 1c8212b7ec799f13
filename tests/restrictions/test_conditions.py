"""Conditions as they are applied: checked, told in words, shown to those whom they may concern, and to nobody else."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.deactivation import restore_person, suspend_person
from accounts.models import Role
from accounts.records import build_member
from accounts.team import remove_member, set_role, transfer_ownership
from accounts.writes import add_member
from audit.models import Event, PublishedRecord
from audit.personal import told
from catalog.records import to_ms
from contract.records import Member, Requirement, Throttle, Window
from restrictions.checks import check_restriction
from restrictions.conditions import conditions_for
from restrictions.models import Restriction
from restrictions.records import build_restriction
from restrictions.words import sentence
from restrictions.writes import last_act, lift_restriction, undo
from tests.cast import Cast
from tests.factories import ACTOR, make_person
from tests.restrictions.making import make_record, make_restriction

BOUND = Requirement(dpop=True)
HOURS = Window((0, 1, 2), 480, 1080)
EVERY = Requirement(("203.0.113.0/24",), True, ("owner", "developer"), (HOURS,), "Europe/Berlin")

WRONG: dict[str, tuple[str, Requirement | None]] = {
    "none": ("requirement", None),
    "nothing": ("requirement", Requirement()),
    "a zone alone": ("requirement", Requirement(timezone="Europe/Berlin")),
    "another type": ("requirement", Requirement(dpop="yes")),  # type: ignore[arg-type]
    "no texts": ("requirement", Requirement(networks=(1,))),  # type: ignore[arg-type]
    "no time": ("requirement", Requirement(windows=(Window((0,), 1.5, 2),))),  # type: ignore[arg-type]
    "no network": ("require_network", Requirement(networks=("203.0.113.0/33",))),
    "host bits": ("require_network", Requirement(networks=("203.0.113.1/24",))),
    "too many networks": ("require_network", Requirement(networks=("203.0.113.0/24",) * 101)),
    "no role": ("role", Requirement(roles=("owner", "admin"))),
    "an empty role": ("role", Requirement(roles=("",))),
    "no weekday": ("window", Requirement(windows=(Window((), 0, 60),))),
    "an eighth weekday": ("window", Requirement(windows=(Window((7,), 0, 60),))),
    "a weekday twice": ("window", Requirement(windows=(Window((1, 1), 0, 60),))),
    "over midnight": ("window", Requirement(windows=(Window((1,), 1380, 60),))),
    "no length": ("window", Requirement(windows=(Window((1,), 60, 60),))),
    "beyond the day": ("window", Requirement(windows=(Window((1,), 60, 1441),))),
    "before the day": ("window", Requirement(windows=(Window((1,), -1, 60),))),
    "too many windows": ("window", Requirement(windows=(HOURS,) * 21)),
    "no zone": ("timezone", Requirement(windows=(HOURS,), timezone="Europe/Nowhere")),
    "a path": ("timezone", Requirement(windows=(HOURS,), timezone="../../etc/passwd")),
}


@pytest.mark.parametrize("what", WRONG)
def test_it_refuses_a_requirement_that_says_nothing_or_nonsense(what: str) -> None:
    field, requirement = WRONG[what]
    with pytest.raises(ValidationError) as refused:
        check_restriction(make_record("require", scope="read", requirement=requirement), may_be_everyone=False)
    assert set(refused.value.message_dict) == {field}


def test_the_widest_is_taken_and_nothing_else_takes_a_requirement() -> None:
    widest = Requirement(("203.0.113.0/24",) * 100, True, ("owner",), (HOURS,) * 20, "Australia/Lord_Howe")
    check_restriction(make_record("require", requirement=widest), may_be_everyone=True)
    with pytest.raises(ValidationError, match="everyone"):
        check_restriction(make_record("require", requirement=BOUND), may_be_everyone=False)
    for record in (make_record("block"), make_record("throttle", throttle=Throttle(1, 1))):
        with pytest.raises(ValidationError, match="nothing else takes it"):
            check_restriction(msgspec.structs.replace(record, requirement=BOUND), may_be_everyone=True)


@pytest.mark.django_db
def test_it_is_told_in_words_in_sentence_and_history_and_gateways_hold_all_of_it(cast: Cast) -> None:
    made = make_restriction(make_record("require", scope="books:write", requirement=EVERY))
    held = build_restriction(made.public_id)
    assert held is not None
    assert (held.how, held.requirement) == ("require", EVERY)
    assert held.made_at_ms == to_ms(made.created_at)
    assert sentence(held, {}) == (
        "Require a call from 203.0.113.0/24 and DPoP and a credential made by an Owner or a Developer and "
        "Monday to Wednesday 08:00–18:00 Europe/Berlin for everyone in scope books:write"
    )
    shown = told(Event.objects.get(action="restriction.applied"))["requirement"][1]
    assert "from 203.0.113.0/24; a token bound to the caller's key (DPoP); a credential" in shown
    lift_restriction(made, actor=ACTOR, reason="Done")
    act = last_act(made)
    assert act is not None
    undo(made, act.public_id, actor=ACTOR)
    assert build_restriction(made.public_id) == held


def references(**where: str) -> list[str]:
    return [condition.reference for condition in conditions_for(**where)]  # type: ignore[arg-type]


@pytest.mark.django_db
def test_those_whom_a_condition_may_concern_find_it_and_no_others(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    version, key = cast.version, cast.key.credential
    where = {"api": version.api.public_id, "version": version.public_id}
    reader = {"application": cast.application.public_id, "organisation": cast.organisation.public_id}
    theirs = cast.strangers_application
    stranger = {"application": theirs.public_id, "organisation": theirs.organisation.public_id}
    applied: dict[str, Restriction] = {}

    def require(name: str, requirement: Requirement = BOUND, **axes: Any) -> None:
        applied[name] = make_restriction(make_record("require", requirement=requirement, **axes))

    require("scope", EVERY, scope="books:write")
    require("operation", operation=version.operations.get(method="POST").public_id)
    require("plan", plan=cast.plan.public_id)
    require("key", credential=key.public_id)
    require("organisation", organisation=cast.organisation.public_id)
    require("network", networks=("203.0.113.0/24",), api=version.api.public_id)
    make_restriction(make_record(scope="books:write"))
    require("lifted", **where)
    lift_restriction(applied["lifted"], actor=ACTOR, reason="Done")
    hour = timedelta(hours=1)
    starts_at = timezone.now() + hour
    later = make_record("require", requirement=BOUND, **where)
    applied["later"] = make_restriction(later, starts_at=starts_at, ends_at=starts_at + hour)

    def names(**who: str) -> set[str]:
        found = references(**where, **who)
        return {name for name, row in applied.items() if row.reference in found}

    everybodys = {"scope", "operation", "later"}
    assert names() == everybodys
    assert names(plan=cast.plan.public_id) == everybodys | {"plan"}
    assert names(**stranger, plan="pln_other") == everybodys | {"network"}
    assert names(**reader, plan=cast.plan.public_id) == everybodys | {"plan", "key", "organisation", "network"}
    assert references(api="api_other", version="ver_other") == []
    with django_assert_num_queries(1):
        found = conditions_for(**where)
    assert (found[0].scope, found[0].operation, found[0].words[0]) == (
        *("books:write", ""),
        "a call from an allowed network",
    )
    assert "203.0.113" not in str([condition.words for condition in found])


@pytest.mark.django_db
def test_what_a_person_is_in_an_organisation_is_published_with_every_change(cast: Cast) -> None:
    organisation, owner, eve = cast.organisation, cast.owner.user, make_person("eve@example.org")
    name = f"{organisation.public_id}/{eve.public_id}"

    def published() -> tuple[Member | None, int]:
        row = PublishedRecord.objects.filter(kind="member", record_id=name).first()
        return build_member(name), row.version if row else 0

    assert published() == (None, 0)
    add_member(organisation, eve, Role.VIEWER, actor=ACTOR)
    assert published() == (Member(name, "viewer"), 1)
    set_role(organisation, eve, Role.DEVELOPER, actor=ACTOR)
    assert published() == (Member(name, "developer"), 2)
    transfer_ownership(organisation, owner, eve, actor=ACTOR)
    assert published() == (Member(name, "owner"), 3)
    former = f"{organisation.public_id}/{owner.public_id}"
    assert build_member(former) == Member(former, "developer")
    assert PublishedRecord.objects.get(kind="member", record_id=former).version == 2
    set_role(organisation, owner, Role.OWNER, actor=ACTOR)
    suspend_person(eve, actor=ACTOR)
    assert published() == (None, 4)
    restore_person(eve, actor=ACTOR)
    assert published() == (Member(name, "owner"), 5)
    remove_member(organisation, eve, actor=ACTOR)
    assert published() == (None, 6)
    assert build_member("nonsense") is None
