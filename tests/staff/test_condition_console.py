"""Requiring on the staff side: a condition is chosen, looked at, applied and taken back as any restriction is."""

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from contract.records import Requirement, Window
from portal.staff.restrict_address import address_of
from restrictions.models import Restriction
from restrictions.records import record_of
from tests.cast import Cast, sign_in
from tests.factories import make_person
from tests.portal.pages.reading import queries
from tests.restrictions.making import log_call, make_record
from tests.restrictions.making import make_restriction as make
from tests.staff.test_restrict_console import NEW, apply_on

EVERYTHING = Requirement(
    networks=("203.0.113.0/24", "2001:db8::/32"),
    dpop=True,
    roles=("owner", "developer"),
    windows=(Window((0, 1, 4), 480, 1080), Window((6,), 0, 1440)),
    timezone="Europe/Berlin",
)
IN_AN_ADDRESS = (
    "how=require&require_network=203.0.113.0/24&require_network=2001:db8::/32&dpop=1&role=owner&role=developer"
    "&window=mon,tue,fri+08:00-18:00&window=sun+00:00-24:00&timezone=Europe/Berlin"
)

WRONG = (
    "window=mon",
    "window=mon+08:00-99:00",
    "window=tag+08:00-09:00",
    "window=mon+18:00-08:00",
    "window=" + "mon,mon,mon,mon,mon+" * 50,
    "weekday=mon&from=x&until=y&dpop=1",
    "role=king",
    "dpop=1&timezone=Mars/Olympus",
    "dpop=1&timezone=../../etc/passwd&window=mon+08:00-18:00",
    "require_network=here",
)


def test_a_requirement_stands_in_the_address_and_is_applied_as_it_was_shown(cast: Cast, staff: Client) -> None:
    address = f"{NEW}?scope=books:read&{IN_AN_ADDRESS}"
    page = staff.get(address)
    record = page.context["asked"].record
    assert record == make_record("require", scope="books:read", requirement=EVERYTHING)
    assert staff.get(address_of(record)).context["asked"].record == record
    assert "figures" in page.context
    status, to = apply_on(staff, address)
    made = Restriction.objects.get()
    assert (status, to) == (303, f"/admin/restrictions/{made.public_id}/")
    assert record_of(made).requirement == EVERYTHING
    shown = staff.get(to).content.decode()
    assert "What it asks, and of whom" in shown
    assert "203.0.113.0/24" in shown
    staff.post(f"{to}undo/", {"act": staff.get(to).context["undoable"].public_id})
    made.refresh_from_db()
    assert made.state == "lifted"
    assert staff.get(staff.get(to).context["again_url"]).context["asked"].record == record


def test_hours_are_put_together_from_weekdays_and_times(cast: Cast, staff: Client) -> None:
    chosen = f"{NEW}?plan={cast.plan.public_id}&how=require&window=sun+00:00-12:00"
    for fields, window in {
        "weekday=tue&weekday=mon&from=08:00&until=18:00": "mon,tue 08:00-18:00",
        "weekday=sat&from=22:00&until=00:00": "sat 22:00-00:00",
        "weekday=sat&from=&until=": "sat 00:00-24:00",
    }.items():
        response = staff.get(f"{chosen}&{fields}")
        assert response.status_code == 302
        expected = [
            ("plan", cast.plan.public_id),
            ("how", "require"),
            ("window", "sun 00:00-12:00"),
            ("window", window),
        ]
        assert response["Location"] == f"{NEW}?{urlencode(expected)}"
        assert staff.get(response["Location"]).status_code == 200
    assert staff.get(f"{chosen}&from=08:00&until=18:00").status_code == 200


def test_a_requirement_that_cannot_work_is_explained_and_never_applied(cast: Cast, staff: Client) -> None:
    address = f"{NEW}?api={cast.version.api.public_id}&how=require&"
    for query in WRONG:
        response = staff.get(address + query, follow=True)
        assert response.status_code == 422, query
        assert "This choice does not work." in response.content.decode(), query
    assert staff.post(address + WRONG[0], {"reason": "x", "until": "24h", "submission": "s"}).status_code == 422
    assert not Restriction.objects.exists()


def test_one_that_asks_for_nothing_yet_waits_for_a_choice(cast: Cast, staff: Client) -> None:
    page = staff.get(f"{NEW}?api={cast.version.api.public_id}&how=require&dpop=0&require_network=&timezone=")
    assert page.status_code == 200
    assert "figures" not in page.context
    assert "Choose what is required" in page.content.decode()
    assert apply_on(staff, f"{NEW}?api={cast.version.api.public_id}&how=require")[0] == 422
    assert not Restriction.objects.exists()


def test_the_preview_names_who_would_be_refused_and_how(cast: Cast, staff: Client) -> None:
    call = log_call(cast, timezone.now() - timedelta(minutes=1))
    log_call(cast, timezone.now() - timedelta(minutes=1), bound=True)
    address = f"{NEW}?api={call.api}&how=require"
    bound = staff.get(f"{address}&dpop=1")
    assert [(one.request_id, words) for one, words in bound.context["calls"]] == [(call.request_id, "401 Not bound")]
    assert ("Calls in 24 hours", "1", "") in bound.context["figures"]
    assert [row["name"] for row in bound.context["choices"]["rows"]][:2] == ["This choice", "Only application Reader"]
    near = staff.get(f"{address}&require_network=198.51.100.0/24")
    assert [words for _, words in near.context["calls"]] == ["403 Not met"] * 2
    assert queries(staff, f"{address}&{IN_AN_ADDRESS}") <= 12


def test_a_console_lists_the_conditions_on_what_it_shows_and_leads_to_another(cast: Cast, staff: Client) -> None:
    operation, api = cast.version.operations.get(method="POST"), cast.version.api.public_id
    dpop = Requirement(dpop=True)
    on = {
        "api": make(make_record("require", api=api, requirement=dpop)),
        "operation": make(make_record("require", operation=operation.public_id, requirement=dpop)),
        "plan": make(make_record("require", plan=cast.plan.public_id, requirement=dpop)),
        "organisation": make(make_record("require", organisation=cast.organisation.public_id, requirement=dpop)),
    }
    make(make_record("block", api=api))
    pages = {
        f"/admin/apis/{api}/": (f"{NEW}?api={api}&amp;how=require", set(on)),
        f"/admin/apis/versions/{cast.version.public_id}/": (
            f"{NEW}?version={cast.version.public_id}&amp;operation={operation.public_id}&amp;how=require", set(on),
        ),
        f"/admin/plans/{cast.plan.public_id}/": (
            f"{NEW}?plan={cast.plan.public_id}&amp;scope=books%3Awrite&amp;how=require", {"api", "operation", "plan"},
        ),
    }  # fmt: skip
    for path, (link, listed) in pages.items():
        page = staff.get(path)
        assert {one.restriction for one in page.context["conditions"]} == {on[name] for name in listed}, path
        assert link in page.content.decode(), path
        assert queries(staff, path) <= 12, path


def test_conditions_are_for_those_who_may_see_restrictions(cast: Cast, staff: Client) -> None:
    make(make_record("require", api=cast.version.api.public_id, requirement=Requirement(dpop=True)))
    reader = make_person("reader@portcullis.example", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__in=("access_admin", "view_api")))
    page = sign_in(reader, with_code=True).client.get(f"/admin/apis/{cast.version.api.public_id}/").content.decode()
    assert "Conditions" not in page
    assert NEW not in page


def test_the_list_is_filtered_by_condition(cast: Cast, staff: Client) -> None:
    made = make(make_record("require", api=cast.version.api.public_id, requirement=Requirement(roles=("owner",))))
    make(make_record("block", api=cast.version.api.public_id))
    page = staff.get("/admin/restrictions/?how=require")
    assert [row for row, _, _ in page.context["rows"]] == [made]
    assert "Require a credential made by an Owner" in page.content.decode()
