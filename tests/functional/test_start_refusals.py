"""What stops a start: one clear line, a status that is not 0, and nothing left running or written over."""

import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ground.databases import sqlite_template
from tests.ground.environment import REPOSITORY
from tests.stack import SUPERVISOR, stack_environment


def refused(environment: dict[str, str], command: tuple[str, ...] = SUPERVISOR) -> str:
    """Start, expect a refusal, and answer its last line."""
    done = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("name", ["PORTAL_PORT", "GATEWAY_PORT", "UPSTREAM_PORT"])
@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_it_names_a_port_in_use_and_its_setting(
    tmp_path: Path, name: str, family: socket.AddressFamily, address: str
) -> None:
    with socket.socket(family) as taken:
        taken.bind((address, 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused(stack_environment(tmp_path / "var", **{name: str(port)}))
    assert str(port) in line
    assert name in line


def test_it_refuses_one_port_for_two(tmp_path: Path) -> None:
    line = refused(stack_environment(tmp_path / "var", PORTAL_PORT="18765", GATEWAY_PORT="18765"))
    assert "PORTAL_PORT and GATEWAY_PORT are both 18765" in line


def test_it_names_a_folder_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    line = refused(stack_environment(tmp_path / "file" / "var"))
    assert str(tmp_path / "file" / "var") in line
    assert "not writable" in line


def test_it_keeps_a_database_that_is_none(tmp_path: Path) -> None:
    database = tmp_path / "var" / "portcullis.sqlite3"
    database.parent.mkdir()
    database.write_text("dear diary")
    line = refused(stack_environment(tmp_path / "var"))
    assert str(database) in line
    assert "not a SQLite file" in line
    assert database.read_text() == "dear diary"


def test_it_refuses_a_database_of_another_version(tmp_path: Path) -> None:
    database = _migrated(tmp_path / "var")
    _run(database, "INSERT INTO django_migrations (app, name, applied) VALUES ('keys', '0999_later', '2031-01-01')")
    before = database.read_bytes()
    done = subprocess.run(
        SUPERVISOR, env=stack_environment(tmp_path / "var"), cwd=REPOSITORY, capture_output=True, text=True, timeout=90
    )
    assert done.returncode != 0
    assert "keys.0999_later" in done.stderr
    assert "Traceback" not in done.stderr
    assert database.read_bytes() == before


@pytest.mark.prove
def test_it_refuses_a_database_whose_tables_do_not_fit_its_history(tmp_path: Path) -> None:
    database = _migrated(tmp_path / "var")
    _run(database, "DELETE FROM django_migrations WHERE app = 'keys'")
    done = subprocess.run(
        SUPERVISOR, env=stack_environment(tmp_path / "var"), cwd=REPOSITORY, capture_output=True, text=True, timeout=90
    )
    assert done.returncode != 0
    assert "cannot be brought up to date" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_WORKERS", "none"),
        ("GATEWAY_WORKERS", "0"),
        ("PORTAL_PORT", "70000"),
        ("PORTAL_PORT", "http"),
        ("LOG_LEVEL", "LOUD"),
        ("SECRET_KEY", "tiny-secret"),
        ("SECRET_KEY_FILE", "/nowhere/secret"),
    ],
)
def test_it_names_a_setting_with_a_bad_value(tmp_path: Path, name: str, value: str) -> None:
    line = refused(stack_environment(tmp_path / "var", **{name: value}))
    assert (value if name.endswith("_FILE") else name) in line
    assert "tiny-secret" not in line


def test_a_command_it_does_not_know_is_explained(tmp_path: Path) -> None:
    line = refused(stack_environment(tmp_path / "var"), (sys.executable, "-m", "demo.supervisor", "dance"))
    assert "dance" in line


def _migrated(var_dir: Path) -> Path:
    var_dir.mkdir()
    database = var_dir / "portcullis.sqlite3"
    database.write_bytes(sqlite_template().read_bytes())
    return database


def _run(database: Path, statement: str) -> None:
    with sqlite3.connect(database) as connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()
