"""`/docs/…`: who sees which versions, and what a page says of an operation."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from accounts.writes import add_member
from catalog.models import Operation
from catalog.writes import set_version
from plans.writes import set_plan, subscribe
from tests.factories import ACTOR, make_application, make_key, make_organisation, make_person, make_plan
from tests.portal.pages.calling import make_calls
from tests.portal.pages.library import HOSTILE, SCOPES, make_free, make_readers_version, retire
from tests.portal.pages.reading import queries, read, title, words

pytestmark = pytest.mark.django_db
READ = "/docs/library/v2/read-reader/"


@pytest.fixture
def reader(plans):
    """A person whose application is on Pro."""
    return sign_in_on(plans[1])


def sign_in_on(plan, email="ada@bindery.example"):
    person = make_person(email)
    api = plan.versions.first().api
    client = Client()
    client.force_login(person)
    client.application = make_application(make_organisation(person), plan, api)
    return client


def test_the_list_names_each_api_with_the_versions_that_a_plan_covers(client, plans):
    page = words(read(client, "/docs/"))
    assert "Library" in page
    assert "v2" in page


def test_an_empty_portal_teaches_what_would_be_here(client, db):
    assert "No API is open yet" in read(client, "/docs/")
    assert "No plan is offered yet" in read(client, "/plans/")
    assert "No API is open yet" in read(client, "/")


def test_an_api_leads_to_its_newest_live_version(client, version, plans):
    newer = make_readers_version(name="v10")
    deprecated = retire(make_readers_version(name="v11"), "deprecated")
    set_plan("free", actor=ACTOR, versions=[version, newer, deprecated])
    assert client.get("/docs/library/").headers["Location"] == "/docs/library/v10/"


@pytest.mark.parametrize("address", ["/docs/nothing/", "/docs/library/v9/", "/docs/library/v2/none/", "/docs/%00/"])
def test_what_does_not_exist_is_not_found(client, plans, address):
    read(client, address, status=404)


def test_a_draft_appears_nowhere(client, plans):
    draft = set_version(plans[0].versions.first().api, "v3", actor=ACTOR, state="draft", upstream_url="http://h")
    set_plan("free", actor=ACTOR, versions=[*plans[0].versions.all(), draft])
    read(client, "/docs/library/v3/", status=404)
    for address in ("/docs/", "/docs/library/v2/", READ, "/plans/", "/search/?q=v3", "/"):
        assert "v3" not in words(read(client, address))


def test_a_version_that_only_a_private_plan_covers_is_seen_by_its_subscribers_alone(client, version):
    private = make_free(version, is_public=False, is_default=False)
    read(client, READ, status=404)
    assert "Library" not in words(read(client, "/docs/"))
    stranger = sign_in_on(make_plan("other", make_readers_version("archive")), "eve@elsewhere.example")
    read(stranger, READ, status=404)
    assert "Read a reader" in read(sign_in_on(private), READ)


def test_a_version_lists_its_operations_by_tag_with_what_the_plan_masks(client, plans):
    page = words(read(client, "/docs/library/v2/"))
    assert "Readers Who borrows." in page
    assert "Read a reader GET / readers/ {reader_id} readers:read 4 masked" in page
    assert "Add a reader POST / readers readers:write not in Free" in page
    assert "1 masked" in words(read(client, "/docs/library/v2/?plan=pro"))


def test_a_field_says_what_this_plan_gets_and_from_which_plan_there_is_more(client, plans):
    page = words(read(client, READ))
    assert "email e-mail address, may be null masked" in page
    assert "Masked on Free, visible from Pro" in page
    assert "phone string last 4" in page
    assert "Last 4 on Free and Pro" in page
    assert "address.street string removed" in page
    assert "id string visible" in page


def test_the_example_is_the_one_that_the_gateways_masker_would_send(client, plans):
    free, pro = read(client, READ), read(client, f"{READ}?plan=pro")
    assert '<span class="masked">&quot;••••9471&quot;</span>' in free
    assert '<span class="masked">&quot;2021&quot;</span>' in free
    assert "ines@mail.example" not in free
    assert "Canal Walk 12" not in free
    assert "ines@mail.example" in pro
    assert "Canal Walk 12" in pro


def test_an_unknown_plan_in_the_address_is_ignored(client, plans):
    assert "as Free receives it" in read(client, f"{READ}?plan=%00{HOSTILE}")


def test_signed_in_the_view_is_that_of_the_own_plan(reader):
    page = read(reader, READ)
    assert "as Pro receives it" in page
    assert "Pro gets, your plan" in words(page)


def test_a_reader_whose_plan_does_not_cover_the_version_is_told(plans):
    other = make_readers_version(name="v1")
    reader = sign_in_on(plans[1])
    make_plan("archive", other, scopes=SCOPES)
    assert "Your plan does not cover this version" in read(reader, "/docs/library/v1/read-reader/")


def test_samples_stand_in_four_languages_and_quote_what_the_document_says(client, plans):
    page = read(client, "/docs/library/v2/add-reader/")
    for language in ("curl", "python", "javascript", "go"):
        assert f'<code id="sample-{language}">' in page
    assert "$PC_KEY" in page
    assert "rdr%2F1%20%3F" in read(client, READ)


def test_text_of_the_document_cannot_become_markup(client, plans):
    for address in ("/docs/library/v2/", READ, "/docs/", "/plans/"):
        page = read(client, address)
        assert HOSTILE not in page.partition("<main")[2]


def test_the_scope_says_which_of_my_keys_have_it(reader):
    has, lacks = make_key(reader.application), make_key(reader.application, scopes=[])
    page = words(read(reader, READ))
    assert f"{has.secret[:12]}…{has.secret[-4:]} Key has it" in page
    assert f"{lacks.secret[:12]}…{lacks.secret[-4:]} Key lacks it" in page
    assert has.secret not in read(reader, READ)


def test_my_last_five_calls_stand_beside_it_and_nobody_elses(reader, plans):
    operation = Operation.objects.get(anchor="read-reader")
    theirs = make_calls(sign_in_on(plans[0], "eve@elsewhere.example").application, operation, 1)
    mine = make_calls(reader.application, operation, 7)
    page = read(reader, READ)
    assert sum(f"/logs/{call.request_id}/" in page for call in mine) == 5
    assert theirs[0].request_id not in page


def test_a_deprecated_version_says_when_it_ends_who_still_calls_it_and_where_to_go(reader, version):
    newer = make_readers_version(name="v3")
    set_plan("pro", actor=ACTOR, versions=[version, newer])
    ends = timezone.now() + timedelta(days=30)
    retire(version, "deprecated", deprecated_at=timezone.now(), sunset_at=ends, successor=newer)
    make_calls(reader.application, Operation.objects.get(version=version, anchor="read-reader"), 3)
    page = read(reader, READ)
    assert "v2 answers no more from" in words(page)
    assert "Reader made 3 calls to it in 7 days" in words(page)
    assert f'href="/apps/{reader.application.public_id}/logs/?version={version.public_id}&amp;range=7d"' in page
    assert '<a href="/docs/library/v3/read-reader/">This page in v3</a>' in page


def test_the_version_switch_keeps_the_operation_or_says_that_it_is_missing(client, version, plans):
    older = make_readers_version(name="v1")
    Operation.objects.filter(version=older, anchor="add-reader").delete()
    Operation.objects.filter(version=older, anchor="read-reader").update(path="/people/{id}")
    set_plan("free", actor=ACTOR, versions=[version, older])
    moved, gone = read(client, READ), read(client, "/docs/library/v2/add-reader/")
    assert 'href="/docs/library/v1/read-reader/"' in moved
    assert "now GET / people/ {id}" in words(moved)
    assert "not in it" in words(gone)


@pytest.mark.parametrize("address", ["/docs/", "/docs/library/v2/", READ])
def test_a_page_costs_few_queries_whatever_the_data(reader, plans, address):
    operation = Operation.objects.get(anchor="read-reader")
    retire(operation.version, "deprecated")
    reader.get(address)  # what all readers share is kept from here on
    before = queries(reader, address)
    person = User.objects.get()
    for number in range(5):
        team = make_organisation(make_person(f"{number}@team.example"), f"Team {number}")
        add_member(team, person, Role.DEVELOPER, actor=ACTOR)
        application = make_application(team, plans[1], operation.version.api)
        make_key(application)
        make_calls(application, operation, 5)
        make_plan(f"plan{number}", operation.version, scopes=SCOPES)
        subscribe(application, plans[0], operation.version.api, actor=ACTOR)
    assert queries(reader, address) <= max(before, 12)
    assert before <= 12


def test_titles_differ(client, plans):
    addresses = ["/", "/docs/", "/docs/library/v2/", READ, "/plans/", "/problems/", "/problems/invalid/", "/search/"]
    titles = [title(read(client, address)) for address in addresses]
    assert len(set(titles)) == len(titles)
