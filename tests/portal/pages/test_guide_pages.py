"""Guides as developers and machines read them: what is written, for whom it is there, and what hostile text becomes."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from wagtail.models import PageViewRestriction

from audit.models import Event
from catalog.models import Operation
from guides.models import Guide, GuideIndex
from guides.schedule import publish_due
from plans.writes import set_plan
from tests.factories import ACTOR, make_application, make_guide, make_organisation, make_person
from tests.portal.pages.library import HOSTILE, make_free, make_pro, make_readers_version, retire
from tests.portal.pages.reading import queries, read, words

pytestmark = pytest.mark.django_db
LISTS = ("/docs/", "/docs/guides/", "/docs/guides/start/", "/search/?q=begin", "/sitemap.xml", "/llms.txt")


@pytest.fixture
def version():
    version = make_readers_version()
    make_free(version)
    return version


def operation_of(version, anchor: str) -> str:
    return version.operations.get(anchor=anchor).public_id


def test_a_guide_shows_its_blocks_in_order_and_each_heading_has_an_address_of_its_own(client, version):
    make_guide(
        "begin",
        ("markdown", "# Send\n\ntext\n\n## Send\n\n[plans](/plans/) | `code`\n\n#### Main"),
        ("code", {"language": "python", "code": "print(1 < 2)"}),
        ("callout", {"kind": "warning", "text": "Mind **this**."}),
        ("operation", operation_of(version, "read-reader")),
    )
    page = read(client, "/docs/guides/begin/")
    assert re.findall(r'<h[234] id="(s-[^"]+)"', page) == ["s-send", "s-send-2", "s-main"]
    assert page.count('href="#s-send') == 2
    said = words(page)
    for text in ("print(1 < 2)", "Warning Mind this .", "Read a reader", "masks email, phone, street, joined", "Free"):
        assert text in said, text
    assert [said.index(text) for text in ("text", "print(1", "Mind", "Read a reader")] == sorted(
        said.index(text) for text in ("text", "print(1", "Mind", "Read a reader")
    )
    assert "<strong>this</strong>" in page
    assert "Last changed on" in said


def test_guides_lead_from_one_to_the_next_through_the_tree(client):
    first = make_guide("start")
    make_guide("deeper", below=first)
    make_guide("after")
    page = read(client, "/docs/guides/start/deeper/")
    assert re.findall(r'rel="(prev|next)" href="([^"]+)"', page) == [
        ("prev", "/docs/guides/start/"),
        ("next", "/docs/guides/after/"),
    ]
    assert 'href="/docs/guides/start/deeper/" aria-current="page"' in page
    assert words(page).startswith("Docs Guides Start Deeper")


def test_what_is_not_open_is_nowhere(client, version):
    vault = make_readers_version("vault", "v1")
    make_guide("start", ("markdown", "Begin here"))
    make_guide("secret-draft", ("markdown", "begin")).unpublish()
    make_guide("secret-of-api", ("markdown", "begin"), api=vault.api)
    parent = make_guide("secret-parent", ("markdown", "begin"))
    make_guide("secret-below", ("markdown", "begin"), below=parent)
    parent.unpublish()
    restricted = make_guide("secret-restricted", ("markdown", "begin"))
    make_guide("secret-below", ("markdown", "begin"), below=restricted)
    PageViewRestriction.objects.create(page=restricted, restriction_type="login")
    for guide in Guide.objects.filter(slug__startswith="secret"):
        for address in (f"/docs/guides/{guide.place}/", f"/docs/guides/{guide.place}.md"):
            assert client.get(address).status_code == 404, address
    for place in LISTS:
        text = client.get(place).content.decode()
        assert "docs/guides/start" in text, place
        assert "secret" not in text.lower(), place


def test_a_guide_of_an_api_is_there_for_those_who_may_know_the_api(client, version):
    make_guide("begin", ("markdown", "secretly"), api=version.api)
    set_plan("free", actor=ACTOR, is_public=False)
    person = make_person("ada@bindery.example")
    make_application(make_organisation(person), version.plans.get(), version.api)
    reader = Client()
    reader.force_login(person)
    for mine, others in ((reader.get(place), client.get(place)) for place in ("/search/?q=secretly", "/sitemap.xml")):
        assert "/docs/guides/begin/" in mine.content.decode()
        assert "/docs/guides/begin/" not in others.content.decode()
    assert [who.get("/docs/guides/begin/").status_code for who in (reader, client)] == [200, 404]
    assert "/docs/guides/begin/</loc><lastmod>" in reader.get("/sitemap.xml").content.decode()


def test_an_operation_is_shown_as_the_readers_plan_gets_it_and_to_nobody_else(client, version):
    pro = make_pro(version)
    make_guide("begin", *(("operation", operation_of(version, anchor)) for anchor in ("read-reader", "add-reader")))
    set_plan("pro", actor=ACTOR, is_public=False)
    person = make_person("ada@bindery.example")
    make_application(make_organisation(person), pro, version.api)
    subscriber = Client()
    subscriber.force_login(person)
    for place in ("/docs/guides/begin/", "/docs/guides/begin.md"):
        text = client.get(place).content.decode()
        assert "Read a reader" in text, place
        assert "Add a reader" not in text, place
        mine = subscriber.get(place).content.decode()
        assert "Add a reader" in mine, place
        assert "masks phone" in mine, place
    assert "Pro, your plan," in words(read(subscriber, "/docs/guides/begin/"))


def test_an_operation_that_is_gone_or_answers_no_more(client, version):
    make_guide("begin", ("markdown", "Before"), ("operation", operation_of(version, "read-reader")))
    retire(version, "retired")
    said = words(read(client, "/docs/guides/begin/"))
    assert "Retired" in said
    assert "curl" not in said
    Operation.objects.filter(version=version, anchor="read-reader").delete()
    assert words(read(client, "/docs/guides/begin/")).count("reader") == 0


HOSTILE_TEXTS = (
    f"# {HOSTILE}\n\n{HOSTILE}",
    "[x](javascript:alert(1)) [y](data:text/html,<script>alert(1)</script>) ![z](https://evil.example/p.png)",
    '<h2 id="main" onclick="alert(1)">x</h2> <iframe src="/"></iframe>',
    "> " * 500 + "deep\n\n" + "[" * 5000 + "(" * 5000,
    "x" * 60_000,
)


def test_whatever_is_typed_is_only_text(client):
    blocks = [("markdown", text) for text in HOSTILE_TEXTS]
    blocks += [("callout", {"kind": "note", "text": text[:2000]}) for text in HOSTILE_TEXTS]
    blocks += [("code", {"language": "text", "code": f"```\n{HOSTILE}"})]
    make_guide("begin", *blocks, title=HOSTILE)
    page = read(client, "/docs/guides/begin/").partition("<main")[2].partition("</main>")[0]
    assert not re.search(r"<(script|iframe|img|h2 id=.main)|<[^>]+(onclick|javascript:|data:)", page)
    assert HOSTILE not in read(client, "/docs/guides/")
    assert "````\n```" in client.get("/docs/guides/begin.md").content.decode()


def test_a_guide_that_moved_is_found_where_it_stood_by_those_who_may_know(
    client, version, django_capture_on_commit_callbacks
):
    guide = make_guide("begin", api=version.api)
    guide.slug = "start-here"
    with django_capture_on_commit_callbacks(execute=True):
        guide.save_revision().publish()
    answer = client.get("/docs/guides/begin/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/docs/guides/start-here/")
    retire(version, "draft")
    assert client.get("/docs/guides/begin/").status_code == 404


def test_guides_come_and_go_when_they_are_due(client):
    guide = make_guide("begin")
    guide.unpublish()
    guide.go_live_at = timezone.now() + timedelta(hours=1)
    guide.save_revision().publish()
    publish_due()
    assert client.get("/docs/guides/begin/").status_code == 404
    guide.revisions.update(approved_go_live_at=timezone.now() - timedelta(seconds=1))
    guide.latest_revision.refresh_from_db()
    content = {**guide.latest_revision.content, "go_live_at": None}
    guide.revisions.filter(pk=guide.latest_revision_id).update(content=content)
    publish_due()
    assert client.get("/docs/guides/begin/").status_code == 200
    Guide.objects.update(expire_at=timezone.now() - timedelta(seconds=1))
    publish_due()
    publish_due()
    assert client.get("/docs/guides/begin/").status_code == 404
    done = list(Event.objects.filter(actor_kind="system", actor_id="guides").values_list("action", flat=True))
    assert sorted(done)[-2:] == ["guide.published_on_schedule", "guide.unpublished"] or "guide.expired" in done


def test_a_guides_page_costs_few_queries_whatever_it_holds(version, client):
    other = make_readers_version("other", "v1")
    make_pro(other)
    person = make_person("ada@bindery.example")
    make_application(make_organisation(person), version.plans.first(), version.api)
    reader = Client()
    reader.force_login(person)
    ids = [operation_of(each, anchor) for each in (version, other) for anchor in ("read-reader", "list-readers")]
    first = make_guide("begin", *(("operation", each) for each in ids), ("markdown", "## A\n\n## B"))
    for number in range(8):
        make_guide(f"more-{number}", below=first if number % 2 else None)
    for place in ("/docs/guides/begin/", "/docs/guides/", "/docs/guides/begin.md", "/docs/", "/search/?q=more"):
        assert queries(reader, place) <= 12, place


def test_while_nothing_is_published_the_front_page_says_what_to_do(client, cast):
    assert "Open the reference" in read(client, "/docs/guides/")
    assert "Write a guide" in read(cast.staff.client, "/docs/guides/")
    assert "Write a guide" not in read(cast.owner.client, "/docs/guides/")


def test_three_levels_and_no_more():
    top = make_guide("top")
    second = make_guide("second", below=top)
    third = make_guide("third", below=second)
    assert Guide.can_create_at(second)
    assert not Guide.can_create_at(third)
    other = make_guide("other")
    make_guide("child", below=other)
    assert other.can_move_to(top)
    assert not other.can_move_to(second)
    assert not top.can_move_to(third)
    assert not GuideIndex.can_create_at(top)
