"""Parts of the reference are drawn once and kept: they show every change at once, and nobody what another plan sees."""

import pytest

from catalog.models import Operation
from catalog.writes import import_document
from plans.writes import set_limits, set_masks, set_plan
from portal.pages import docs
from portal.reference import listing
from tests.factories import ACTOR
from tests.portal.pages.library import DOCUMENT, make_pro
from tests.portal.pages.reading import queries, read, words
from tests.portal.pages.test_docs_pages import sign_in_on

pytestmark = pytest.mark.django_db
VERSION, READ = "/docs/library/v2/", "/docs/library/v2/read-reader/"


def test_a_page_is_drawn_once_and_costs_few_queries_then(client, plans, monkeypatch):
    drawn = []
    drawing = docs._operation_facts
    monkeypatch.setattr(docs, "_operation_facts", lambda *given: drawn.append(given) or drawing(*given))
    first = read(client, READ)
    assert words(read(client, READ)) == words(first)
    assert len(drawn) == 1
    assert queries(client, READ) <= 4


def test_each_plan_gets_its_own_whoever_asked_before(client, plans):
    for _ in range(2):
        for plan, shows in (("free", False), ("pro", True)):
            page = read(client, f"{READ}?plan={plan}")
            assert ("ines@mail.example" in page) is shows
            assert ("4 masked" in words(read(client, f"{VERSION}?plan={plan}"))) is not shows


def test_a_reader_who_knows_of_more_plans_leaves_no_trace_in_the_pages_of_others(client, plans, version):
    private = make_pro(version, name="Secret deal", is_public=False, masks=[])
    insider = sign_in_on(private)
    assert "Secret deal" in words(read(insider, READ))
    assert "Secret deal" not in words(read(client, READ))


def test_every_change_shows_at_once(client, plans, version):
    free = plans[0]
    read(client, READ)
    set_masks(free, [], actor=ACTOR)
    assert "ines@mail.example" in read(client, READ)
    set_limits(free, [], actor=ACTOR)
    assert "60 requests" not in words(read(client, READ))
    import_document(version, DOCUMENT.replace("Read a reader", "Fetch a reader"), actor=ACTOR)
    assert "Fetch a reader" in read(client, READ)
    assert "Fetch a reader" in read(client, VERSION)
    for plan in plans:
        set_plan(plan.slug, actor=ACTOR, scopes=["readers:write"])
    read(client, READ, status=404)
    assert "Fetch a reader" not in read(client, VERSION)


def test_a_version_of_many_operations_lists_one_tag_and_names_the_others(client, plans, version, monkeypatch):
    text = DOCUMENT.replace("tags: [Readers]\n      summary: Add", "tags: [Desk]\n      summary: Add")
    import_document(version, text, actor=ACTOR)
    monkeypatch.setattr(listing, "MOST_LISTED", 1)
    first, desk = words(read(client, VERSION)), words(read(client, f"{VERSION}?tag=Desk"))
    assert "List readers" in first
    assert "Add a reader" not in first
    assert "Readers (2) Desk (1)" in first
    assert "1 to 1 of 2 Next" in first
    assert "Add a reader POST" in desk
    assert f'href="{VERSION}?tag=Desk"' in read(client, READ)
    assert Operation.objects.filter(version=version).count() == 3


def test_pages_of_the_reference_are_sent_packed(client, plans):
    response = client.get(READ, headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) * 3 < len(read(client, READ))
