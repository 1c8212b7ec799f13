"""Letters go out exactly where their write committed, are tried again for a day, and keep nothing afterwards."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as sent
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Organisation
from accounts.writes import rename_organisation
from audit.actors import SYSTEM
from audit.models import Event
from audit.writing import write
from notices.mail import forget_old, post, send_waiting
from notices.models import Letter
from tests.factories import make_organisation, make_person

pytestmark = pytest.mark.django_db
TEXT = """Subject: {{ name }} & you

Hello {{ name }}, see {{ portal_url }}.
{% for line in lines %}{{ line }}
{% endfor %}"""


@pytest.fixture(autouse=True)
def templates(tmp_path: Path, settings: Any) -> Path:
    """A folder of templates with one letter in it."""
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "greeting.txt").write_text(TEXT)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    return tmp_path


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation(make_person("owner@bindery.example"))


@write
def greet(organisation: Organisation, to: str = "owner@bindery.example", **context: Any) -> Letter:
    rename_organisation(organisation, "Greeted", actor=SYSTEM)
    return post("greeting", to, {"name": "O'Hara <b>", "lines": []} | context, organisation=organisation.public_id)


def let_time_pass(letter: Letter, hours: int) -> None:
    moved = {"created_at": timezone.now() - timedelta(hours=hours), "next_try_at": timezone.now()}
    Letter.objects.filter(pk=letter.pk).update(**moved)


def refuse(message: sent.EmailMessage) -> int:
    """A mail server that takes nothing and quotes the letter in its refusal."""
    raise ConnectionRefusedError(message.body)


def test_a_letter_is_sent_once_and_its_text_forgotten(organisation: Organisation) -> None:
    letter = greet(organisation, lines=["One", "Two"])
    assert (send_waiting(), send_waiting()) == (1, 0)
    [message] = sent.outbox
    assert message.subject == "O'Hara <b> & you"
    assert message.body == "Hello O'Hara <b>, see http://localhost:8000.\nOne\nTwo\n"
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    letter.refresh_from_db()
    assert (letter.state, letter.body, letter.sealed_body) == ("sent", "", "")


def test_a_letter_of_a_write_that_fails_is_never_sent(organisation: Organisation) -> None:
    @write
    def failing() -> None:
        greet(organisation)
        raise LookupError

    with pytest.raises(LookupError):
        failing()
    assert send_waiting() == 0
    assert not Letter.objects.exists()


def test_a_text_that_waits_is_sealed(organisation: Organisation) -> None:
    letter = greet(organisation, lines=["https://portal.example/invitations/a-token/"])
    assert "a-token" in letter.body
    assert "a-token" not in letter.sealed_body


def test_it_refuses_what_is_no_letter(organisation: Organisation) -> None:
    with pytest.raises(RuntimeError, match="outside a write"):
        post("greeting", "owner@bindery.example", {})
    for to in ("", "no address", "a@b.example\nBcc: c@d.example"):
        with pytest.raises(ValidationError):
            greet(organisation, to=to)
    with pytest.raises(TypeError):
        greet(organisation, name=object())
    with pytest.raises(ValueError, match="would hold a key"):
        greet(organisation, lines=["pc_live_" + "a" * 36])


def test_a_name_cannot_add_lines_or_headers(organisation: Organisation) -> None:
    greet(organisation, name="X\r\nBcc: all@example.com\u2028\0\nY")
    send_waiting()
    [message] = sent.outbox
    assert message.subject == "X Bcc: all@example.com Y & you"
    assert message.recipients() == ["owner@bindery.example"]


def test_a_refused_letter_is_tried_again_later_and_then_given_up(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = greet(organisation, lines=["a-token"])
    monkeypatch.setattr(sent.EmailMessage, "send", refuse)
    assert (send_waiting(), send_waiting()) == (0, 0)
    letter.refresh_from_db()
    assert (letter.state, letter.tries, letter.error) == ("waiting", 1, "ConnectionRefusedError")
    assert letter.next_try_at > timezone.now()
    let_time_pass(letter, hours=25)
    send_waiting()
    letter.refresh_from_db()
    assert (letter.state, letter.tries, letter.sealed_body) == ("given up", 2, "")
    assert Event.objects.get(action="letter.given_up").organisation == organisation.public_id


def test_a_letter_that_fails_holds_up_no_other(organisation: Organisation) -> None:
    broken = greet(organisation)
    Letter.objects.filter(pk=broken.pk).update(sealed_body="not ours")
    greet(organisation)
    assert send_waiting() == 1
    assert Letter.objects.get(pk=broken.pk).error == "SealBroken"


def test_old_letters_are_forgotten(organisation: Organisation) -> None:
    old, waiting, _ = greet(organisation), greet(organisation), greet(organisation)
    send_waiting()
    Letter.objects.filter(pk=waiting.pk).update(state="waiting")
    for letter in (old, waiting):
        let_time_pass(letter, hours=31 * 24)
    forget_old()
    assert not Letter.objects.filter(pk=old.pk).exists()
    assert Letter.objects.count() == 2
