"""Where one is signed in; what is told of a browser never seen before."""

import pytest
from django.test import Client

from accounts.devices import truncated, words_of_agent
from accounts.models import SignIn, User
from accounts.session_store import digest_of_session
from notices.models import Letter
from portal.browsers import COOKIE
from tests.factories import make_person
from tests.portal.pages.reading import queries, read, words

PASSWORD = "a lantern on the quay"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
pytestmark = pytest.mark.django_db


@pytest.fixture
def amina() -> User:
    user = make_person("amina@harbour.example")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def sign_in(client: Client, address: str = "203.0.113.77") -> Client:
    given = {"login": "amina@harbour.example", "password": PASSWORD}
    response = client.post("/login/", given, REMOTE_ADDR=address, headers={"User-Agent": FIREFOX})
    assert response.status_code == 303
    return client


def test_each_sign_in_has_a_row_with_its_network_only(amina):
    page = words(read(sign_in(Client()), "/account/sessions/"))
    assert "Firefox on Linux this one" in page
    assert "203.0.113.0/24" in page
    assert "203.0.113.77" not in page
    row = SignIn.objects.get()
    assert "203.0.113.77" not in [row.network, row.device, row.words]


def test_the_others_can_be_signed_out_one_or_all(amina):
    here, there, elsewhere = (sign_in(Client()) for _ in range(3))
    row = SignIn.objects.get(session_key=digest_of_session(there.session.session_key))
    assert here.post(f"/account/sessions/{row.public_id}/end/").status_code == 303
    assert there.get("/account/").status_code == 302
    assert elsewhere.get("/account/").status_code == 200
    assert here.post("/account/sessions/end/").status_code == 303
    assert elsewhere.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200


def test_nobody_ends_a_session_of_somebody_else(amina, cast):
    sign_in(Client())
    row = SignIn.objects.get()
    assert cast.stranger.client.post(f"/account/sessions/{row.public_id}/end/").status_code == 404
    assert SignIn.objects.count() == 1


def test_a_new_browser_is_told_and_a_known_one_is_not(amina):
    first = sign_in(Client())
    assert not Letter.objects.exists()
    first.post("/logout/")
    sign_in(first)
    assert not Letter.objects.exists()
    sign_in(Client())
    letter = Letter.objects.get(kind="new_sign_in")
    assert letter.to == amina.email
    assert "Firefox on Linux, from 203.0.113.0/24" in letter.body


def test_the_letters_do_not_flood(amina):
    for _ in range(8):
        sign_in(Client())
    assert Letter.objects.filter(kind="new_sign_in").count() == 5


def test_the_mark_of_a_browser_is_kept_as_digest(amina):
    client = sign_in(Client())
    cookie = client.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie.value not in [str(value) for value in SignIn.objects.values().get().values()]


def test_the_page_asks_few_questions(amina):
    client = sign_in(Client())
    for _ in range(4):
        sign_in(Client())
    assert queries(client, "/account/sessions/") <= 12


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("curl/8.0", "Another program"),
        ("", "Another program"),
        ("<script>", "Another program"),
    ],
)
def test_agents_in_words(agent, said):
    assert words_of_agent(agent) == said


@pytest.mark.parametrize(("address", "network"), [("2001:db8:1:2::3", "2001:db8:1::/48"), ("nothing", ""), ("", "")])
def test_networks(address, network):
    assert truncated(address) == network
