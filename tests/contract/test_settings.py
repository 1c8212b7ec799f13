"""Settings: what does not fit ends the process with one line that names the setting and shows no secret."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract.settings import FOREIGN_SECRET_NAMES, SECRET_NAMES, Settings, create_missing_secrets, read_settings

SECRETS = {name.upper(): f"{name} of this test, long enough to pass" for name in SECRET_NAMES}


@pytest.fixture(autouse=True)
def _only_these(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [*os.environ]:
        if name.lower() in Settings.model_fields or name.removesuffix("_FILE").lower() in (
            *SECRET_NAMES,
            *FOREIGN_SECRET_NAMES,
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def line_of(**environment: str) -> str:
    """What a process with these settings says before it ends."""
    done = subprocess.run(
        [sys.executable, "-c", "from contract.settings import settings; settings()"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    return done.stderr


BAD = {
    "PORTAL_PORT": ["0", "65536", "http"],
    "GATEWAY_PORT": ["-1"],
    "GATEWAY_WORKERS": ["0", "65", "many"],
    "CACHE_DATABASE": ["16", "x"],
    "REQUIRE_TLS": ["perhaps"],
    "LOG_LEVEL": ["LOUD"],
    "KEY_PEPPER": ["short"],
    "GATEWAY_LEASE_SECONDS": ["0", "soon"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_it_rejects_a_bad_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=name.lower()):
        read_settings()


def test_several_bad_values_are_one_line_that_names_them_all() -> None:
    line = line_of(PORTAL_PORT="http", LOG_LEVEL="LOUD", KEY_PEPPER="short")
    assert line.startswith("Settings: ")
    assert line.count("\n") == 1
    assert all(f"{name} is not valid" in line for name in ("PORTAL_PORT", "LOG_LEVEL", "KEY_PEPPER"))


def test_a_missing_secret_says_how_to_give_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORAGE_KEY")
    line = line_of()
    assert "STORAGE_KEY is not set (set it, or STORAGE_KEY_FILE" in line
    assert line.count("\n") == 1


def test_no_secret_is_shown_by_any_complaint() -> None:
    assert "canary" not in line_of(KEY_PEPPER="canary", SECRET_KEY="canary", PORTAL_PORT="0")


def test_a_secret_may_stand_in_a_file_and_the_environment_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "pepper"
    path.write_text("from the file, and long enough to pass\n")
    monkeypatch.setenv("KEY_PEPPER_FILE", str(path))
    assert read_settings().secret_bytes("key_pepper") == SECRETS["KEY_PEPPER"].encode()
    monkeypatch.delenv("KEY_PEPPER")
    assert read_settings().secret_bytes("key_pepper") == b"from the file, and long enough to pass"


def test_a_secret_file_that_is_missing_is_named() -> None:
    assert line_of(KEY_PEPPER="", KEY_PEPPER_FILE="/nowhere/pepper") == (
        "Settings: cannot read /nowhere/pepper: No such file or directory\n"
    )


def test_an_empty_secret_counts_as_missing() -> None:
    assert "KEY_PEPPER is not set" in line_of(KEY_PEPPER="")


def test_missing_secrets_are_made_once_and_for_us_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name)
    create_missing_secrets(tmp_path)
    first = read_settings()
    create_missing_secrets(tmp_path)
    values = {first.secret_bytes(name) for name in SECRET_NAMES}
    assert len(values) == len(SECRET_NAMES)
    assert {read_settings().secret_bytes(name) for name in SECRET_NAMES} == values
    assert {(tmp_path / "secrets" / name).stat().st_mode & 0o777 for name in SECRET_NAMES} == {0o600}


@pytest.mark.parametrize(
    "address",
    [
        "redis://h:6379/1",
        "redis://h/1",
        "rediss://h/1",
        "unix:///run/valkey.sock?db=1",
    ],
)
def test_it_rejects_a_cache_in_the_database_of_the_data(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("REDIS_URL", address)
    with pytest.raises(ValueError, match="CACHE_DATABASE"):
        read_settings()


@pytest.mark.parametrize(
    ("address", "cache"),
    [
        ("redis://h:6379/0", "redis://h:6379/1"),
        ("redis://h:6379", "redis://h:6379/1"),
        ("rediss://user:pass@h:6379/2", "rediss://user:pass@h:6379/1"),
        ("unix:///run/valkey.sock", "unix:///run/valkey.sock?db=1"),
        ("unix:///run/valkey.sock?db=2", "unix:///run/valkey.sock?db=1"),
    ],
)
def test_the_cache_is_the_same_server_in_a_database_of_its_own(
    monkeypatch: pytest.MonkeyPatch, address: str, cache: str
) -> None:
    monkeypatch.setenv("REDIS_URL", address)
    assert read_settings().cache_url == cache


@pytest.mark.parametrize(
    "address",
    [
        "http://h",
        "localhost:6379",
        "redis://h/x",
        "redis://h/99999",
        "redis:///0",
        "redis://h/0?db=3",
        "redis://h:port/0",
    ],
)
def test_it_rejects_what_is_no_address_of_a_valkey(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("REDIS_URL", address)
    with pytest.raises(ValueError, match=r"(?i)redis_url"):
        read_settings()


@pytest.mark.parametrize(
    "address", ["mysql://h/x", "x", "sqlite://relative", "postgresql:///", "postgresql://h/x?sslmode=off", "sqlite:///"]
)
def test_it_rejects_what_is_no_address_of_a_database(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    with pytest.raises(ValueError, match=r"(?i)database_url"):
        read_settings()


OIDC = {
    "OIDC_ISSUER": "https://accounts.example.com",
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "canary",
    "OIDC_NAME": "Town ID",
}


def test_the_openid_provider_is_set_up_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for left_out in OIDC:
        line = line_of(**{name: value for name, value in OIDC.items() if name != left_out})
        assert line.startswith("Settings: OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and OIDC_NAME go together")
        assert line.count("\n") == 1
        assert "canary" not in line
    (tmp_path / "oidc").write_text("from the file\n")
    monkeypatch.setenv("OIDC_CLIENT_SECRET_FILE", str(tmp_path / "oidc"))
    for name in OIDC.keys() - {"OIDC_CLIENT_SECRET"}:
        monkeypatch.setenv(name, OIDC[name])
    assert read_settings().secret_bytes("oidc_client_secret") == b"from the file"


@pytest.mark.parametrize(
    "issuer",
    [
        "accounts.example.com",
        "http://accounts.example.com",
        "https://",
        "https://u:p@a",
        "https://a/?b",
        "https://a/#b",
    ],
)
def test_it_rejects_an_issuer_that_is_none(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    for name, value in (OIDC | {"OIDC_ISSUER": issuer}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match="oidc_issuer"):
        read_settings()


@pytest.mark.parametrize("networks", ["10.0.0.0/33", "proxy.example", "10.0.0.1/8"])
def test_it_rejects_trusted_proxies_that_are_no_networks(monkeypatch: pytest.MonkeyPatch, networks: str) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", f"127.0.0.1/32,{networks}")
    with pytest.raises(ValueError, match=r"(?i)trusted_proxies"):
        read_settings()


@pytest.mark.parametrize("name", ["PORTAL_URL", "GATEWAY_URL"])
@pytest.mark.parametrize("value", ["example.com", "ftp://x", "https://", "https://x/path?q=1"])
def test_it_rejects_public_addresses_that_are_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=f"(?i){name}"):
        read_settings()


def test_public_addresses_are_kept_as_tokens_and_proofs_compare_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_URL", "https://Portal.Example:443/")
    monkeypatch.setenv("GATEWAY_URL", "http://[2001:DB8::1]:8080")
    found = read_settings()
    assert (found.portal_base, found.gateway_base) == ("https://portal.example", "http://[2001:db8::1]:8080")


def test_lists_are_read_from_commas_and_blanks_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "a.example, b.example,,")
    assert read_settings().allowed_hosts == ["a.example", "b.example"]


def test_an_empty_setting_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_PORT", "")
    assert read_settings().portal_port == 8000


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
