"""The preview tells what gateways would do: its SQL and contract.restrictions.matches agree, call by call."""

import itertools
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import Call
from catalog.models import Operation, Version
from contract.masking.rules import MaskRule
from contract.records import Requirement, Throttle, Window
from contract.records import Restriction as Record
from contract.requirements import unmet
from contract.restrictions import REFUSED_BEFORE, Facts, matches
from keys.models import Credential
from plans.models import Mask
from restrictions.alternatives import alternatives
from restrictions.matching import condition
from restrictions.preview import everybodys_calls, groups_of, radius_of
from restrictions.replay import calls_numbered, every_changed_call, newest_changed, throttled
from tests.cast import Cast
from tests.factories import make_key
from tests.restrictions.making import EMAIL, facts_of, log_call, make_record
from tests.staff.making import make_mask

ADDRESSES = ("203.0.113.24", "::ffff:203.0.113.99", "198.51.100.7", "2001:db8::7", "2001:DB8:0:0:1::7", "")
END_USER = "usr_whoever"
WITHHELD = {"restricted", "condition-not-met", "sender-constraint-required"}
NETWORKS = (
    ("203.0.113.0/24",),
    ("203.0.113.96/29", "198.51.100.7/32"),
    ("2001:db8::/64",),
    ("2001:db8::/63",),
    ("::ffff:203.0.113.0/120",),
    ("::/0",),
    ("0.0.0.0/0",),
    ("198.51.100.0/25", "::/1"),
)


@pytest.fixture
def log(cast: Cast) -> list[Call]:
    """Calls of three keys of two organisations to every operation and to none, from all addresses, for 2 hours."""
    own = make_key(cast.application, "Mine", created_by=cast.owner.user).credential
    theirs = cast.strangers_key.credential
    keys = [cast.key.credential, own, theirs]
    operations = ["", *Operation.objects.order_by("pk").values_list("public_id", flat=True)]
    problems = ["", "rate-limited", "insufficient-scope", "", *WITHHELD]
    rows = itertools.product(keys, operations, ADDRESSES)
    now = timezone.now()
    return [
        log_call(
            cast,
            now - timedelta(minutes=number * 1.7),
            credential=key.public_id,
            application=key.application.public_id,
            organisation=key.application.organisation.public_id,
            operation=operation,
            address=address,
            problem=problems[number % 7],
            outcome="refused" if problems[number % 7] else "answered",
            status=403 if problems[number % 7] else 200,
            plan=cast.plan.public_id if number % 5 else "",
            api=cast.version.api.public_id if number % 7 else "",
            user=END_USER if number % 4 == 0 else "",
            bound=number % 2 == 0,
        )
        for number, (key, operation, address) in enumerate(rows)
    ]


def every_requirement() -> list[Requirement]:
    """Each part alone, two of each where there may be several, and all together. Of a window of three hours now and
    then, some of the two hours that are logged are inside and some out."""
    hour = timezone.now().hour * 60
    hours = Window(tuple(range(7)), max(hour - 30, 0), hour + 20)
    return [
        *(Requirement(networks=networks) for networks in NETWORKS),
        Requirement(dpop=True),
        Requirement(roles=("owner",)),
        Requirement(roles=("developer", "viewer")),
        Requirement(windows=(hours,)),
        Requirement(windows=(Window((0, 2), 60, 1440), Window((1, 3, 4, 5, 6), 0, 1)), timezone="Asia/Kolkata"),
        Requirement(NETWORKS[0], True, ("owner",), (hours,)),
    ]


def every_condition(cast: Cast) -> list[Record]:
    """On everything, an API, an operation, a scope and a plan; on the narrower ones undocumented paths are as well."""
    what = [
        {},
        {"api": cast.version.api.public_id},
        {"operation": cast.version.operations.get(method="POST").public_id},
        {"scope": "books:read", "version": cast.version.public_id},
        {"plan": cast.plan.public_id},
    ]
    chosen = itertools.product(what, every_requirement())
    return [make_record("require", requirement=requirement, **axes) for axes, requirement in chosen]


def every_axis(cast: Cast) -> list[Record]:
    """Each axis alone, pairs of them, and masks, under which undocumented paths are as well."""
    who = [
        {"organisation": cast.organisation.public_id},
        {"application": cast.application.public_id},
        {"credential": cast.key.credential.public_id},
        {"user": cast.owner.user.public_id},
        {"plan": cast.plan.public_id},
        *({"networks": networks} for networks in NETWORKS),
        {"user": END_USER},
    ]
    what = [
        {"api": cast.version.api.public_id},
        {"version": cast.version.public_id},
        {"operation": cast.version.operations.get(method="POST").public_id},
        {"scope": "books:read"},
    ]
    pairs = [first | second for first, second in itertools.product(who[:6], what)]
    masks = [make_record("mask", masks=(EMAIL,), **axes) for axes in what]
    return [make_record(), *masks, *(make_record(**axes) for axes in (*who, *what, *pairs))]


def test_sql_and_the_contract_mean_the_same(cast: Cast, log: list[Call]) -> None:
    facts = {call.request_id: facts_of(call) for call in log}
    sizes = set()
    now = timezone.now()
    for record in (*every_axis(cast), *every_condition(cast)):
        in_sql = set(Call.objects.filter(condition(record, now)).values_list("request_id", flat=True))
        by_contract = {name for name, each in facts.items() if matches(record, each) and is_met_by(record, each)}
        assert in_sql == by_contract, record
        sizes.add(len(in_sql))
    assert len(sizes) > 10


def is_met_by(record: Record, facts: Facts) -> bool:
    """A condition meets those calls that do not meet it."""
    return record.requirement is None or unmet(record.requirement, facts) != ()


def test_a_block_or_a_condition_changes_what_was_not_refused_before_it(cast: Cast, log: list[Call]) -> None:
    now, hour_ago = timezone.now(), timezone.now() - timedelta(hours=1)
    facts = {call.request_id: facts_of(call) for call in log}
    for record in (*every_axis(cast), *every_condition(cast)):
        if record.how == "mask":
            continue
        earlier = REFUSED_BEFORE | (WITHHELD if record.how == "require" else set())
        changeable = {call.request_id for call in log if call.at > hour_ago and call.problem not in earlier}
        expected = {name for name in changeable if matches(record, facts[name]) and is_met_by(record, facts[name])}
        groups = groups_of(record, now)
        assert {call.request_id for call in newest_changed(record, groups, now, 1000)} == expected
        assert {call.request_id for call in every_changed_call(record, now)} == expected
        assert sum(group.blocked for group in groups) == len(expected)


def test_the_radius_counts_who_is_met(cast: Cast) -> None:
    now = timezone.now()
    for minutes in (0, 1, 4, 30, 60 * 23, 60 * 25):
        log_call(cast, now - timedelta(minutes=minutes))
    theirs = cast.strangers_application
    log_call(cast, now, application=theirs.public_id, organisation=theirs.organisation.public_id, credential="key_x")
    log_call(cast, now, api="api_other")
    assert radius_of(groups_of(make_record(api=cast.version.api.public_id), now)) == (2, 2, 2, 0.8, 6)
    assert everybodys_calls(now) == 7


def test_a_throttle_is_counted_for_each_organisation_apart(cast: Cast) -> None:
    now = timezone.now()
    mine = [log_call(cast, now - timedelta(seconds=60 - second)) for second in range(6)]
    log_call(cast, now - timedelta(seconds=57), outcome="refused", status=429, problem="rate-limited")
    theirs = [log_call(cast, now - timedelta(seconds=58 - second), organisation="org_other") for second in range(2)]
    # Two at once, then one a ten seconds: of six calls a second apart two fit, of the others' two both.
    record = make_record("throttle", api=cast.version.api.public_id, throttle=Throttle(1, 10, 2))
    refused = throttled(record, now)
    assert [call.request_id for call in calls_numbered(refused.numbers)] == [c.request_id for c in mine[:1:-1]]
    assert not set(refused.numbers) & {call.pk for call in theirs}
    assert [call.pk for call in every_changed_call(record, now)] == refused.numbers


def test_a_mask_changes_answers_with_a_field_that_the_plan_shows(cast: Cast) -> None:
    now = timezone.now()
    shown = log_call(cast, now)
    for outcome, status in (("answered", 404), ("refused", 429), ("aborted", 200)):
        log_call(cast, now, outcome=outcome, status=status)
    undocumented = log_call(cast, now, operation="")
    record = make_record("mask", version=cast.version.public_id, masks=(EMAIL,))
    assert changed(record) == {shown.pk, undocumented.pk}
    version = Version.objects.defer(None).get(pk=cast.version.pk)
    schema = {"type": "object", "properties": {"email": {"type": "string"}, "title": {"type": "string"}}}
    answer = version.document["paths"]["/books"]["get"]["responses"]["200"]
    answer["content"] = {"application/json": {"schema": schema}}
    version.save(update_fields=["document"])
    assert changed(record) == {shown.pk, undocumented.pk}
    make_mask(cast.plan, "$.email", action="partial", keep=4)
    assert changed(record) == {shown.pk, undocumented.pk}
    Mask.objects.update(action="remove", keep=0)
    assert changed(record) == {undocumented.pk}
    other = make_record("mask", version=cast.version.public_id, masks=(EMAIL, MaskRule("$.title", "hash")))
    assert changed(other) == {shown.pk, undocumented.pk}
    absent = make_record("mask", version=cast.version.public_id, masks=(MaskRule("$.phone", "remove"),))
    assert changed(absent) == {undocumented.pk}


def changed(record: Record) -> set[int]:
    """By both ways to ask, which must agree."""
    now = timezone.now()
    groups = groups_of(record, now)
    listed = {call.pk for call in newest_changed(record, groups, now, 100)}
    assert listed == {call.pk for call in every_changed_call(record, now)}
    assert len(listed) == sum(group.masked for group in groups)
    return listed


def test_alternatives_name_the_busiest_with_their_counts(cast: Cast) -> None:
    now = timezone.now()
    other = make_key(cast.application, "Quiet").credential.public_id
    post = cast.version.operations.get(method="POST").public_id
    for _ in range(3):
        log_call(cast, now)
    log_call(cast, now, operation=post, address="198.51.100.7")
    log_call(cast, now, credential=other, address="203.0.113.200")
    found = alternatives(make_record(organisation=cast.organisation.public_id), groups_of(whole(cast), now), now)
    busy, get = cast.key.credential.public_id, cast.version.operations.get(path="/books", method="GET").public_id
    assert [(each.kind, each.keys, each.calls_24h, each.changed_1h) for each in found] == [
        ("application", 2, 5, 5),
        ("credential", 1, 4, 4),
        ("operation", 2, 4, 4),
        ("credential operation", 1, 3, 3),
        ("networks", 2, 4, 4),
        ("throttle", 2, 5, 4),
    ]
    assert (found[3].record.credential, found[3].record.operation) == (busy, get)
    assert found[4].record.networks == ("203.0.113.0/24",)
    for each in found[:5]:
        groups = groups_of(each.record, now)
        assert sum(group.blocked for group in groups) == each.changed_1h


def whole(cast: Cast) -> Record:
    return make_record(organisation=cast.organisation.public_id)


def test_questions_to_the_database_do_not_grow(cast: Cast, log: list[Call]) -> None:
    now = timezone.now()
    asked = set()
    for record in (whole(cast), make_record(credential=cast.key.credential.public_id)):
        with CaptureQueriesContext(connection) as captured:
            groups = groups_of(record, now)
            newest_changed(record, groups, now, 20)
            alternatives(record, groups, now)
        asked.add(len(captured))
    assert asked == {4}
    assert Credential.objects.count() == 3
