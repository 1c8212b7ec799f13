"""What a copy of the database tells of sessions: nothing that signs anybody in, nothing that waits in them."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import SignIn
from accounts.session_store import SessionStore
from tests.factories import make_person

COOKIE = "sessionid"
pytestmark = pytest.mark.django_db


@pytest.fixture
def amina() -> Client:
    user = make_person("amina@harbour.example")
    user.set_password("a lantern on the quay")
    user.save(update_fields=["password"])
    client = Client()
    client.post("/login/", {"login": user.email, "password": "a lantern on the quay"})
    return client


def test_nothing_that_is_kept_signs_anybody_in(amina):
    assert amina.get("/account/").status_code == 200
    cookie = amina.cookies[COOKIE].value
    rows = [*Session.objects.values().all(), *SignIn.objects.values().all()]
    texts = [str(value) for row in rows for value in row.values()]
    assert not any(cookie in text for text in texts)
    for text in texts:
        thief = Client()
        thief.cookies[COOKIE] = text
        assert thief.get("/account/").status_code == 302


def test_what_waits_in_a_session_cannot_be_read(amina):
    session = amina.session
    session["seed"] = "0123456789abcdef"
    session.save()
    row = Session.objects.get()
    assert db.SessionStore().decode(row.session_data) == {}
    assert SessionStore(amina.cookies[COOKIE].value)["seed"] == "0123456789abcdef"


def test_a_session_kept_by_another_store_is_none(amina):
    other = db.SessionStore()
    other["_auth_user_id"] = amina.session["_auth_user_id"]
    other.create()
    Session.objects.exclude(session_key=other.session_key).delete()
    amina.cookies[COOKIE] = other.session_key
    assert amina.get("/account/").status_code == 302


def test_signing_out_and_new_keys_leave_no_row_behind(amina):
    session = amina.session
    session.cycle_key()
    assert Session.objects.count() == 1
    amina.cookies[COOKIE] = session.session_key
    amina.post("/logout/")
    assert not SessionStore().exists(session.session_key)


async def _life() -> tuple[object, bool, bool]:
    store = SessionStore()
    await store.aset("word", "kept")
    await store.asave()
    key = str(store.session_key)
    word, was_there = await SessionStore(key).aget("word"), await SessionStore().aexists(key)
    await SessionStore().adelete(key)
    return word, was_there, await SessionStore().aexists(key)


def test_asynchronous_pages_use_the_same_rows():
    assert async_to_sync(_life)() == ("kept", True, False)
