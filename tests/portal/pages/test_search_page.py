"""`/search/`: what it finds for whom, and that a key typed into it goes no further."""

import pytest

from catalog.models import Operation
from plans.writes import set_plan
from portal.pages.search import read_query
from tests.factories import ACTOR, make_guide, make_key
from tests.portal.pages.calling import make_calls
from tests.portal.pages.library import HOSTILE, make_free, make_pro, make_readers_version, retire
from tests.portal.pages.reading import queries, read, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def readers(db):
    version = make_readers_version("readers", "v1")
    make_free(version)
    make_pro(version)
    return version


def found(client, text: str) -> str:
    response = client.get("/search/", {"q": text})
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    return response.content.decode()


def test_operations_are_found_by_summary_path_and_method(client, readers):
    for text in ("add a reader", "readers post", "READER_ID", "reader"):
        assert "/docs/readers/v1/" in found(client, text)
    assert 'href="/docs/readers/v1/add-reader/"' in found(client, "post readers")
    assert "Nothing found" in found(client, "reader aardvark")


def test_apis_are_found_by_title(client, readers):
    assert 'href="/docs/readers/"' in found(client, "Readers")


def test_what_no_open_plan_covers_is_not_found(client, readers):
    retire(readers, "draft")
    assert "Nothing found" in found(client, "reader")
    retire(readers, "live")
    set_plan("pro", actor=ACTOR, is_public=False)
    assert "Add a reader" not in found(client, "reader"), "its scope is in no open plan"
    set_plan("free", actor=ACTOR, is_public=False)
    assert "Nothing found" in found(client, "reader")


def test_my_keys_are_found_by_name_and_by_what_is_shown_of_them(cast):
    secret = cast.key.secret
    for text in (secret[:12], secret[-4:], f"{secret[:12]}…{secret[-4:]}", f"{secret[:12]}...{secret[-4:]}", "Key"):
        page = found(cast.owner.client, text)
        assert f"{secret[:12]}…{secret[-4:]}" in page, text
        assert secret not in page


def test_nobody_finds_keys_of_others(cast, client):
    for reader in (cast.stranger.client, client):
        assert cast.application.public_id not in found(reader, cast.key.secret[:12])


def test_a_whole_key_is_cut_before_it_goes_anywhere(cast, client):
    secret = cast.key.secret
    for reader in (cast.owner.client, client):
        response = reader.get("/search/", {"q": f"  {secret} "}, follow=True)
        assert [status for _, status in response.redirect_chain] == [302]
        assert secret not in response.redirect_chain[0][0] + response.content.decode()
        assert "That was a whole key." in response.content.decode()
        assert (cast.application.public_id in response.content.decode()) == (reader is cast.owner.client)


def test_my_calls_are_found_by_request_id_and_nobody_elses(cast):
    operation = Operation.objects.get(anchor="list-books")
    call = make_calls(cast.application, operation)[0]
    assert f'href="/logs/{call.request_id}/"' in found(cast.teammate.client, call.request_id)
    assert "Nothing found" in found(cast.stranger.client, call.request_id)


def test_without_words_the_page_says_what_it_reads(client):
    assert "Type a part of an operation" in words(read(client, "/search/"))


@pytest.mark.parametrize("text", [HOSTILE, "\x00", '"', "%_", "'; --", "a" * 100_000, "💣" * 300, "\u202e", "(", "\\"])
def test_any_text_is_only_text(cast, text):
    make_guide("begin")
    page = found(cast.owner.client, text)
    assert HOSTILE not in page


def test_a_query_is_cut_to_length_and_stripped_of_control_characters():
    assert read_query("a\x00b\r\n  c") == "a b c"
    assert len(read_query("x" * 10_000)) == 200


def test_the_page_costs_few_queries_whatever_it_finds(cast):
    for number in range(12):
        make_key(cast.application, f"Key {number}")
    assert queries(cast.owner.client, "/search/?q=key") <= 12
