"""An API from a YAML file: everything in it or nothing, and clear words for what is wrong."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from audit.actors import SYSTEM
from audit.models import Event
from catalog.files import set_api_from_file
from catalog.models import Api, Version
from contract.sealed import open_headers
from contract.settings import settings

pytestmark = pytest.mark.django_db
REPOSITORY = Path(__file__).resolve().parents[2]
FILE = f"""
api: clinic
title: Rowan Clinic
owner: Integrations, Ada Rowan
cors_origins: [https://App.example.com]
versions:
  v1:
    state: deprecated
    document: {REPOSITORY}/demo/openapi/clinic-v1.yaml
    upstream_url: ${{CLINIC_URL}}/v1
    upstream_headers:
      Authorization: Bearer ${{CLINIC_TOKEN}}
    deprecated_at: 2026-06-01
    sunset_at: 2027-06-01T12:00:00+02:00
    successor: v2
  v2:
    state: live
    document: {REPOSITORY}/demo/openapi/clinic-v2.yaml
    upstream_url: ${{CLINIC_URL}}/v2
    test_upstream_url: ${{CLINIC_URL}}/v2
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLINIC_URL", "http://127.0.0.1:9000")
    monkeypatch.setenv("CLINIC_TOKEN", "canary-of-the-clinic")
    return tmp_path


def set_from(folder: Path, text: str) -> Api:
    path = folder / "api.yaml"
    path.write_text(text)
    return set_api_from_file(path, actor=SYSTEM)


def test_it_sets_the_api_with_versions_documents_and_upstreams(folder: Path) -> None:
    api = set_from(folder, FILE)
    assert api.cors_origins == ["https://app.example.com"]
    first, second = api.versions.order_by("name")
    assert (first.state, first.upstream_url, first.successor) == ("deprecated", "http://127.0.0.1:9000/v1", second)
    assert first.sunset_at is not None
    assert first.sunset_at.isoformat() == "2027-06-01T10:00:00+00:00"
    assert first.operations.filter(method="GET", path="/practitioners").count() == 1
    assert second.operations.count() > 10


def test_the_upstreams_credential_is_sealed_and_stands_in_no_event(folder: Path) -> None:
    version = set_from(folder, FILE).versions.get(name="v1")
    assert open_headers(version.upstream_headers, settings().secret_bytes("storage_key")) == {
        "Authorization": "Bearer canary-of-the-clinic"
    }
    assert not [event for event in Event.objects.all() if "canary" in str(event.changes)]


def test_the_same_file_twice_keeps_the_ids(folder: Path) -> None:
    before = {row.public_id for row in set_from(folder, FILE).versions.get(name="v2").operations.all()}
    after = {row.public_id for row in set_from(folder, FILE).versions.get(name="v2").operations.all()}
    assert before == after
    assert Api.objects.count() == 1


def test_what_the_file_leaves_out_stays(folder: Path) -> None:
    set_from(folder, FILE)
    api = set_from(folder, "{api: clinic, title: Clinic, versions: {v1: {state: retired}}}")
    version = api.versions.get(name="v1")
    assert (api.title, api.owner) == ("Clinic", "Integrations, Ada Rowan")
    assert (version.state, version.upstream_url) == ("retired", "http://127.0.0.1:9000/v1")
    assert version.operations.count() > 10


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("title:", "titel:"), "Unknown field titel at $; known are api, title, description"),
        (("state: live", "stat: live"), "Unknown field stat at $.versions[...]; known are state, document"),
        (("state: live", "state: alive"), "alive"),
        (("clinic-v2.yaml", "clinic-v9.yaml"), "No such file"),
        (("${CLINIC_URL}/v2", "${NOWHERE}/v2"), "NOWHERE is not set"),
        (("${CLINIC_TOKEN}", "secret"), "from the environment"),
        (("successor: v2", "successor: v7"), "no version 'v7'"),
        (("2026-06-01", "June"), "'June' is not a date"),
        (("2026-06-01", "2028-06-01"), "sunset lies before"),
        (("api: clinic", "api: Clinic"), "Use a–z"),
        (("api: clinic", "api: healthz"), "address of our own"),
        (("api: clinic", "api: [clinic]"), "Expected `str`"),
        (("api: clinic", "app: clinic"), "app"),
        (("owner: Integrations, Ada Rowan", "owner: ''"), "without an owner"),
        (("title: Rowan Clinic", "title: &t Rowan\ndescription: *t"), "aliases"),
        (("title: Rowan Clinic", "title: Rowan\ntitle: Clinic"), "given twice"),
        (("title: Rowan Clinic", "title: [1"), "Line"),
        (("[https://App.example.com]", "['*', https://a.test]"), "stands alone"),
        (("App.example.com]", "app.example.com/x]"), "is no origin"),
        (("${CLINIC_URL}/v2", "ftp://x/v2"), "upstream_url"),
        (("${CLINIC_URL}/v2", "http://user:pass@x/v2"), "upstream_url"),
        (("${CLINIC_URL}/v2", "http://x/v2?a=b"), "upstream_url"),
    ],
)
def test_it_rejects_a_bad_file_with_a_clear_sentence_and_changes_nothing(
    folder: Path, change: tuple[str, str], sentence: str
) -> None:
    assert change[0] in FILE
    with pytest.raises(ValidationError) as caught:
        set_from(folder, FILE.replace(*change))
    assert sentence in str(caught.value)
    assert (Api.objects.count(), Version.objects.count(), Event.objects.count()) == (0, 0, 0)


def test_it_rejects_a_file_that_is_not_there(folder: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        set_api_from_file(folder / "missing.yaml", actor=SYSTEM)


@pytest.mark.parametrize("content", [b"", b"- a\n- b", b"\xff\xfe", b"[" * 100_000, b"\x00", b"api: clinic\n" * 2])
def test_it_rejects_what_is_no_settings_file(folder: Path, content: bytes) -> None:
    (folder / "api.yaml").write_bytes(content)
    with pytest.raises(ValidationError):
        set_api_from_file(folder / "api.yaml", actor=SYSTEM)
