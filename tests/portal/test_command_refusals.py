"""Every command with bad input: an exit status that is not 0, a clear line, no traceback, an unchanged database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract.key_format import mint_key
from portal.management.commands import staff_create
from tests.cast import Cast, make_cast
from tests.factories import make_application, make_key
from tests.ground.environment import REPOSITORY
from tests.portal.commanding import Run, database_state, run

pytestmark = pytest.mark.django_db
KEY = ["key_create", "--application", "APPLICATION", "--name", "n", "--environment", "test"]
LOST = mint_key("live")
DOCUMENT = b"openapi: 3.1.0\ninfo: {title: New, version: '1'}\npaths: {}"
#: Arguments (APPLICATION and KEY_ID stand for real ones), standard input, a part of the line on standard error.
TABLE: list[tuple[list[str], bytes, str]] = [
    (["api_set"], b"", "file"),
    (["api_set", "nowhere.yaml"], b"", "nowhere.yaml: No such file or directory"),
    (["api_set", "."], b"", "directory"),
    (["api_set", "-"], b"", "Expected a list of `name: value`"),
    (["api_set", "-"], b"\xff\xfe\x00", "not UTF-8"),
    (["api_set", "-"], b"[" * 100_000, "nested deeper"),
    (["api_set", "-"], b"a: &a [1]\nb: *a", "aliases"),
    (["api_set", "-"], b"{" * 17_000_000, "larger than"),
    (["api_set", "-"], b"title: Clinic", "api"),
    (["api_set", "-"], b"api: clinic", "title: This field cannot be blank."),
    (["api_set", "-"], b"api: clinic\ntitle: T\ncolour: red", "Unknown field colour at $; known are api, title"),
    (["api_set", "-"], b"api: '../x'\ntitle: T", "slug"),
    (["api_set", "-"], b"api: clinic\ntitle: T\nversions: {v1: {state: live}}", "upstream_url"),
    (["api_set", "-"], b"api: clinic\ntitle: T\nversions: {'v 1': {upstream_url: 'http://u'}}", "name: Use a"),
    (["api_set", "-"], b"api: library\nversions: {v1: {document: missing.yaml}}", "missing.yaml: No such file"),
    (["api_set", "-"], b"api: library\nversions: {v1: {upstream_url: 'file:///etc/passwd'}}", "upstream_url"),
    (["api_set", "-"], b"api: library\nversions: {v1: {upstream_url: '${PORTCULLIS_NONE}'}}", "PORTCULLIS_NONE is not"),
    (["api_set", "-"], b"api: library\nversions: {v1: {upstream_headers: {X-Key: open}}}", "from the environment"),
    (["api_set", "-"], b"api: library\nversions: {v1: {upstream_headers: {Host: '${HOME}'}}}", "'Host' is no header"),
    (["api_set", "-", "--colour"], b"", "unrecognized arguments: --colour"),
    (["import_api"], b"", "file"),
    (["import_api", "nowhere.yaml", "--api", "library", "--version", "v1"], b"", "nowhere.yaml: No such file"),
    (["import_api", "-", "--api", "library", "--version", "v1"], b"openapi: 2", "openapi"),
    (["import_api", "-", "--api", "library", "--version", "v1"], b"openapi: 3.1.0\nswagger: '2.0'", "Swagger 2.0"),
    (["import_api", "-", "--api", "new", "--version", "v1"], DOCUMENT, "give --owner"),
    (["import_api", "-", "--api", "new", "--version", "v1", "--owner", "nobody"], DOCUMENT, "valid email"),
    (["import_api", "-", "--api", "new", "--version", "v1", "--owner", "a@b.example"], DOCUMENT, "give --upstream"),
    (["plan_set"], b"", "file"),
    (["plan_set", "nowhere.yaml"], b"", "No such file"),
    (["plan_set", "-"], b"plan: free", "name: This field cannot be blank."),
    (["plan_set", "-"], b"plan: starter\nlimits: [{name: a, kind: rate, amount: 1}]", "period_seconds from 1"),
    (["plan_set", "-"], b"plan: starter\nmasks: [{path: email, action: remove}]", "email"),
    (["plan_set", "-"], b"plan: starter\nmasks: [{path: $.a, action: remove, version: library/v7}]", "library/v7"),
    (["plan_set", "-"], b"plan: starter\nversions: [library]", "name it as clinic/v1"),
    (
        ["plan_set", "-"],
        b"plan: starter\nlimits: " + b"[" + b"{name: a, kind: quota, amount: 1, window: day}," * 17 + b"]",
        "at most 16",
    ),
    (["restrict"], b"", "how"),
    (["restrict", "burn"], b"", "invalid choice: 'burn'"),
    (["restrict", "block", "--scope", "books:read"], b"", "Give a reason"),
    (["restrict", "block", "--reason", "r"], b"", "Type everyone"),
    (["restrict", "block", "--reason", "r", "--network", "10.0.0.1/8"], b"", "host bits"),
    (["restrict", "block", "--reason", "r", "--application", "app_none"], b"", "no application 'app_none'"),
    (["restrict", "block", "--reason", "r", "--key", LOST], b"", "Do not write a secret"),
    (["restrict", "block", "--reason", "r", "--scope", "books:burn", "--preview"], b"", "books:burn"),
    (["restrict", "block", "--reason", "r", "--scope", "books:read", "--for", "soon"], b"", "no span of time"),
    (["restrict", "mask", "--reason", "r", "--scope", "books:read"], b"", "at least one field"),
    (["restrict", "throttle", "--reason", "r", "--scope", "books:read", "--calls", "0"], b"", "whole number from 1"),
    (["restrict", "require", "--reason", "r", "--scope", "books:read"], b"", "Say what is required"),
    (["restrict", "require", "--reason", "r", "--scope", "books:read", "--window", "8-18"], b"", "one weekday or more"),
    (
        ["restrict", "require", "--reason", "r", "--scope", "books:read", "--role", "king"],
        b"",
        "invalid choice: 'king'",
    ),
    (["restrict", "block", "--reason", "r", "--scope", "books:read", "--dpop"], b"", "nothing else takes it"),
    (["restriction_lift", "R-NONE"], b"", "no restriction 'R-NONE'"),
    (["key_create", "--name", "n", "--environment", "test"], b"", "--application --email is required"),
    ([*KEY, "--email", "owner@bindery.example"], b"", "not allowed with"),
    (
        ["key_create", "--application", "app_none", "--name", "n", "--environment", "test"],
        b"",
        "no application 'app_none'",
    ),
    (["key_create", "--email", "nobody@x.example", "--name", "n", "--environment", "test"], b"", "Nobody has"),
    (
        ["key_create", "--email", "owner@bindery.example", "--name", "n", "--environment", "test"],
        b"",
        "several applications",
    ),
    (
        ["key_create", "--email", "staff@portcullis.example", "--name", "n", "--environment", "test"],
        b"",
        "no application",
    ),
    ([*KEY[:-1], "prod"], b"", "invalid choice: 'prod'"),
    ([*KEY, "--name", "  "], b"", "name: Give the key a name"),
    ([*KEY, "--name", "x" * 121], b"", "at most 120"),
    ([*KEY, "--scope", "books:burn"], b"", "no scope books:burn; it has books:read, books:write"),
    ([*KEY, "--network", "300.1.1.1/8"], b"", "is not a network"),
    ([*KEY, "--network", "10.0.0.1/8"], b"", "host bits"),
    ([*KEY, "--expires-days", "0"], b"", "from 1 to 3650"),
    ([*KEY, "--expires-days", "99999999999999999999"], b"", "from 1 to 3650"),
    ([*KEY, "--expires-days", "soon"], b"", "from 1 to 3650"),
    (["key_revoke"], b"", "key"),
    (["key_revoke", "key_none"], b"", "no key 'key_none'"),
    (["key_revoke", ""], b"", "no key ''"),
    (["key_revoke", "pc_test_0000...zzzz"], b"", "no key"),
    (["key_revoke", LOST], b"", "Do not write a secret on the command line"),
    (["key_revoke", LOST[:-1]], b"", "Do not write a secret on the command line"),
    (["key_revoke", "-"], b"", "nothing on standard input"),
    (["key_revoke", "-"], b"\xff\n", "not UTF-8"),
    (["key_revoke", "-"], b"hello\n", "no key of ours"),
    (["key_revoke", "-"], LOST.encode(), "No key here has this secret"),
    (["key_rotate", "key_none"], b"", "no key 'key_none'"),
    (["key_rotate", LOST], b"", "Do not write a secret on the command line"),
    (["key_rotate", "-"], LOST.encode(), "No key here has this secret"),
    (["key_rotate", "KEY", "--overlap", "2h"], b"", "invalid choice: '2h'"),
    (["key_rotate", "KEY", "--overlap", "1h", "--end"], b"", "not allowed with"),
    (["key_rotate", "KEY", "--expires-days", "0"], b"", "from 1 to 3650"),
    (["key_rotate", "KEY", "--end"], b"", "no rotation of this key is under way"),
    (["key_rotate", "KEY", "--cancel"], b"", "no rotation of this key is under way"),
    (["audit_erase", "nobody"], b"", "is not a person's id"),
    (["verify_audit", "--everything"], b"", "unrecognized arguments"),
    (["key_suspend", "key_none"], b"", "no key 'key_none'"),
    (["key_resume", "-"], b"", "nothing on standard input"),
    (["leak_report", "-"], b"nothing of ours: pc_live_short", "No key of ours is in this text"),
    (["leak_report", "-"], b"", "No key of ours is in this text"),
    (["leak_report", "/nowhere.txt"], b"", "No such file"),
    (["subscribe", "--application", "APPLICATION", "--plan", "starter"], b"", "--api"),
    (["subscribe", "--application", "app_x", "--plan", "starter", "--api", "library"], b"", "no application"),
    (["subscribe", "--application", "APPLICATION", "--plan", "gold", "--api", "library"], b"", "no plan 'gold'"),
    (["subscribe", "--application", "APPLICATION", "--plan", "starter", "--api", "zoo"], b"", "no API 'zoo'"),
    (["oauth_rotate_key", "now"], b"", "unrecognized arguments: now"),
    (["republish", "now"], b"", "unrecognized arguments: now"),
    (["settings_reference", "now"], b"", "unrecognized arguments: now"),
    (["staff_create"], b"", "--email"),
    (["staff_create", "--email", "marit"], b"a long walk in the rain\n", "'marit' is not an e-mail address"),
    (["staff_create", "--email", "marit@x.example"], b"", "nothing on standard input"),
    (["staff_create", "--email", "marit@x.example"], b"password12\n", "too common"),
    (["staff_create", "--email", "marit@x.example"], b"short\n", "at least 10 characters"),
    (["staff_create", "--email", "a@x.example", "--group", "Owls"], b"a long walk in the rain\n", "no group 'Owls'"),
    (["staff_create", "--email", "STAFF@portcullis.example"], b"a long walk in the rain\n", "has an account already"),
    (["export_calls", "--since", "yesterday"], b"", "since: 'yesterday' is not a time"),
    (["export_calls", "--since", "2026-02-30"], b"", "is not a time"),
    (["export_calls", "--since", "2027-01-01", "--until", "2026-01-01"], b"", "end lies before"),
    (["export_calls", "--application", "app_x"], b"", "no application"),
    (["export_calls", "--key", "key_x"], b"", "no key"),
    (["export_calls", "--status", "9xx"], b"", "'9xx' is not a status"),
    (["export_calls", "--outcome", "fine"], b"", "is not one of unknown, answered"),
    (["export_calls", "--format", "csv"], b"", "invalid choice: 'csv'"),
]


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    make_application(cast.organisation, cast.plan, cast.version.api, "Second")
    return cast


@pytest.mark.parametrize("command", sorted({argv[0] for argv, _, _ in TABLE}))
def test_it_rejects_bad_input_with_a_clear_line_and_changes_nothing(cast: Cast, command: str) -> None:
    before = database_state()
    for argv, stdin, line in (row for row in TABLE if row[0][0] == command):
        named = {"APPLICATION": cast.application.public_id, "KEY": cast.key.credential.public_id}
        result = run(*(named.get(part, part) for part in argv), stdin=stdin)
        assert result.status != 0, argv
        assert line in last_line(result), argv
        assert "Traceback" not in result.err, argv
        assert result.out == "", argv
        assert database_state() == before, argv


def last_line(result: Run) -> str:
    """argparse tells the usage first; our own errors are a line and no more."""
    lines = result.err.strip().splitlines()
    assert len(lines) == 1 or lines[0].startswith("usage:")
    return lines[-1]


def test_every_command_of_ours_is_in_the_table() -> None:
    folder = Path(staff_create.__file__).parent
    commands = {path.stem for path in folder.glob("*.py")} - {"__init__", "worker", "run_import"}
    assert commands == {argv[0] for argv, _, _ in TABLE}


def test_a_given_secret_is_never_repeated(cast: Cast) -> None:
    for argv, stdin in ((["key_revoke", LOST], b""), (["key_revoke", "-"], LOST.encode())):
        result = run(*argv, stdin=stdin)
        assert LOST not in result.out + result.err


def test_a_stub_that_fits_several_keys_names_them(cast: Cast) -> None:
    first, second = make_key(cast.application).credential, make_key(cast.application).credential
    stub = first.secrets.get()
    second.secrets.update(prefix=stub.prefix, last4=stub.last4)
    result = run("key_revoke", str(stub))
    assert result.status != 0
    assert first.public_id in result.err
    assert second.public_id in result.err


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("environment", "argv", "line"),
    [
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, ["republish"], "Valkey cannot be used"),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}, ["export_calls"], "database cannot be used"),
        ({"KEY_PEPPER": "short"}, ["export_calls"], "Settings: KEY_PEPPER is not valid: shorter than 32"),
        ({}, ["key_revoke", "key_none"], "CommandError: There is no key 'key_none'"),
    ],
)
def test_as_a_process_it_ends_with_one_line(
    environment: dict[str, str], argv: list[str], line: str, tmp_path: Path
) -> None:
    database = {} if "key_none" in argv else {"DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"}
    done = subprocess.run(
        [sys.executable, "manage.py", *argv],
        cwd=REPOSITORY,
        env={**os.environ, **database, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert line in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
