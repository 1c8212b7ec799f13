"""What the operators' commands do when all is well."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone
from django_otp.oath import totp
from redis import Redis

from accounts.authenticators import Authenticator
from accounts.models import User
from analytics.models import Call
from audit.models import Event, PersonalText, PublishedRecord
from audit.publishing import is_complete
from contract.key_format import digest_key, is_well_formed
from contract.settings import settings
from keys.models import Credential, Secret
from portal.management.commands import api_set, plan_set
from tests.cast import Cast, make_cast
from tests.factories import make_key, make_plan
from tests.portal.commanding import run

pytestmark = pytest.mark.django_db
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def make_call(number: int, **values: object) -> Call:
    moment = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number)
    names = {name: name for name in ("organisation", "application", "credential", "gateway")}
    fixed = {"environment": "test", "method": "GET", "path": "/a", "outcome": "answered", "status": 200}
    return Call.objects.create(**{"request_id": f"call-{number}", "at": moment, **names, **fixed, **values})


@pytest.mark.parametrize(
    "name",
    [
        "api_set",
        "plan_set",
        "key_create",
        "key_revoke",
        "key_rotate",
        "key_suspend",
        "key_resume",
        "leak_report",
        "subscribe",
        "republish",
        "export_calls",
        "staff_create",
    ],
)
def test_help_has_a_worked_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(name, "--help")
    assert result.status == 0
    assert f"manage.py {name}" in capsys.readouterr().out.split("options:")[1]


def test_the_demos_own_files_are_accepted_from_file_and_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_PORT", "9000")
    demo = REPOSITORY / "demo"
    assert json.loads(run("api_set", str(demo / "apis/clinic.yaml"), "--json").out)["versions"] == ["v1", "v2"]
    content = (demo / "plans/free.yaml").read_bytes()
    assert "free is set: 2 limits" in run("plan_set", "-", stdin=content).out


def test_the_examples_in_the_help_are_files_that_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_TOKEN", "x")
    monkeypatch.setenv("CLINIC_URL", "https://clinic.example")
    (tmp_path / "openapi").symlink_to(REPOSITORY / "demo/openapi")
    for module, file in ((api_set, "clinic.yaml"), (plan_set, "free.yaml")):
        content = re.findall(r"\n\n(.*?)\n\n", module.Command.examples, re.DOTALL)[0]
        (tmp_path / file).write_text("\n".join(line.removeprefix("    ") for line in content.splitlines()))
        result = run(module.__name__.rpartition(".")[2], str(tmp_path / file))
        assert result.status == 0, result.err


def test_key_create_prints_the_secret_alone_on_standard_output(cast: Cast) -> None:
    result = run("key_create", "--application", cast.application.public_id, "--name", "CI", "--environment", "live")
    secret = result.out.strip()
    assert is_well_formed(secret)
    assert secret not in result.err
    digest = digest_key(secret, settings().secret_bytes("key_pepper"))
    assert Secret.objects.get(digest=digest).credential.scopes == ["books:read"]


def test_key_create_takes_scopes_networks_and_expiry(cast: Cast) -> None:
    options = "--name CI --environment test --scope books:write --network 203.0.113.0/24 --expires-days 3 --json"
    facts = json.loads(run("key_create", "--email", cast.owner.user.email, *options.split()).out)
    credential = Credential.objects.get(public_id=facts["id"])
    assert (credential.scopes, credential.networks) == (["books:write"], ["203.0.113.0/24"])
    assert credential.created_by == cast.owner.user
    assert credential.expires_at is not None
    assert abs(credential.expires_at - timezone.now() - timedelta(days=3)) < timedelta(minutes=1)


@pytest.mark.parametrize("form", ["id", "stub", "ascii stub", "secret"])
def test_key_revoke_takes_an_id_a_stub_or_a_secret_from_standard_input(cast: Cast, form: str) -> None:
    credential, secret = cast.key
    stub = f"{secret[:12]}…{secret[-4:]}"
    name = {"id": credential.public_id, "stub": stub, "ascii stub": stub.replace("…", "..."), "secret": "-"}[form]
    result = run("key_revoke", name, "--reason", "lost", stdin=f"{secret}\n".encode())
    assert result.status == 0
    credential.refresh_from_db()
    assert credential.status == "revoked"
    assert Event.objects.get(action="key.revoked").reason == "lost"
    assert "was revoked before" in run("key_revoke", credential.public_id).out


def test_key_revoke_says_when_the_gateways_do_not_know_yet(cast: Cast) -> None:
    """Nothing is published before the commit, and this test never commits."""
    result = run("key_revoke", cast.key.credential.public_id)
    assert "the worker publishes it" in result.err


def test_subscribe_puts_an_application_on_another_plan(cast: Cast) -> None:
    make_plan("pro", cast.version)
    result = run("subscribe", "--application", cast.application.public_id, "--plan", "pro", "--api", "library")
    assert result.out == "Reader is on Pro for Library.\n"
    assert cast.application.subscriptions.get().plan.slug == "pro"


def test_republish_writes_every_record_and_marks_the_data_set_complete(cast: Cast, valkey_client: Redis) -> None:
    written = json.loads(run("republish", "--json").out)["records"]
    assert written == PublishedRecord.objects.count() == len(valkey_client.keys("pc:r:*")) > 0
    assert is_complete()


def test_staff_create_makes_a_person_whose_authenticator_works() -> None:
    result = run("staff_create", "--email", "Marit@Example.com", stdin=b"a long walk in the rain\n")
    user = User.objects.get(email="marit@example.com")
    secret = parse_qs(urlsplit(result.out.strip()).query)["secret"][0]
    device = Authenticator.objects.get(user=user)
    assert user.check_password("a long walk in the rain")
    assert (user.is_staff, EmailAddress.objects.get(user=user).verified) == (True, True)
    assert len(secret) == 32
    assert device.verify_token(totp(device.bin_key))
    assert secret not in result.err
    assert not [event for event in Event.objects.all() if secret in str(vars(event))]
    assert not PersonalText.objects.filter(text__contains=secret).exists()


def test_staff_of_a_group_have_its_permissions_and_no_others() -> None:
    run("staff_create", "--email", "wren@example.com", "--group", "Editors", stdin=b"a long walk in the rain\n")
    user = User.objects.get(email="wren@example.com")
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert user.has_perm("wagtailadmin.access_admin")
    assert not user.has_perm("catalog.view_api")


def test_export_calls_writes_one_json_object_a_line_the_oldest_first() -> None:
    for number in (3, 1, 2):
        make_call(number)
    lines = [json.loads(line) for line in run("export_calls").out.splitlines()]
    assert [line["request_id"] for line in lines] == ["call-1", "call-2", "call-3"]
    assert lines[0]["time"] == "2026-11-01T00:01:00Z"
    assert (lines[0]["status"], lines[0]["outcome"]) == (200, "answered")


def test_export_calls_takes_a_span_a_status_and_a_key(cast: Cast) -> None:
    key = make_key(cast.application).credential.public_id
    for number in range(4):
        make_call(number, status=500 + number, credential=key if number == 2 else "other")
    span = ("--since", "2026-11-01T00:01:00Z", "--until", "2026-11-01T00:03:00Z")
    ids = [json.loads(line)["request_id"] for line in run("export_calls", *span).out.splitlines()]
    assert ids == ["call-1", "call-2"]
    assert json.loads(run("export_calls", "--status", "503").out)["request_id"] == "call-3"
    assert json.loads(run("export_calls", "--key", key).out)["request_id"] == "call-2"


def test_commands_stand_in_the_audit_log_under_their_names(cast: Cast) -> None:
    run("key_revoke", cast.key.credential.public_id)
    event = Event.objects.get(action="key.revoked")
    assert (event.actor_kind, event.actor_id) == ("command", "key_revoke")


def test_a_key_is_rotated_ended_suspended_and_resumed(cast: Cast) -> None:
    key = cast.key.credential
    rotated = run("key_rotate", key.public_id, "--overlap", "1h", "--json")
    secret = json.loads(rotated.out)["secret"]
    assert is_well_formed(secret)
    assert run("key_rotate", key.public_id).status != 0, "one rotation at a time"
    assert "is ended" in run("key_rotate", "-", "--end", stdin=secret.encode()).out
    assert list(key.secrets.values_list("state", flat=True)) == ["current", "ended"]
    assert run("key_suspend", key.public_id, "--reason", "odd").out == f"{key.public_id} (Key) is suspended.\n"
    assert run("key_resume", key.public_id).out == f"{key.public_id} (Key) is active.\n"


def test_keys_in_a_text_are_contained_and_not_repeated(cast: Cast) -> None:
    done = run("leak_report", "-", "--json", stdin=f"KEY={cast.key.secret}\n".encode())
    assert json.loads(done.out)["ours"][0]["outcome"] == "quarantined"
    assert cast.key.secret not in done.out + done.err
