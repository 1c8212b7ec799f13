"""The installation as it stands when it is ready."""

import json
import re
import shlex
import socket
import subprocess
from pathlib import Path

from tests.ground.environment import REPOSITORY
from tests.stack import SUPERVISOR, Stack


def test_it_writes_what_scripts_need(stack: Stack) -> None:
    demo = stack.demo
    assert set(demo) == {"portal", "gateway", "upstream", "staff", "developer", "keys", "client", "sample", "masked"}
    assert set(demo["staff"]) == {"email", "password", "totp_secret"}
    assert set(demo["developer"]) == {"email", "password"}
    assert set(demo["keys"]) == {"free", "pro"}
    assert all(key.startswith("pc_test_") for key in demo["keys"].values())
    assert demo["portal"] == f"http://localhost:{stack.environment['PORTAL_PORT']}"
    assert (stack.var_dir / "demo.json").stat().st_mode & 0o777 == 0o600


def test_it_prints_where_to_click_and_a_call_that_answers_200(stack: Stack) -> None:
    printed = stack.output.read_text()
    for fact in (stack.demo["portal"], stack.demo["staff"]["password"], stack.demo["developer"]["password"]):
        assert fact in printed
    curl = re.search(r"^ *(curl .*)$", printed, re.MULTILINE)
    assert curl
    answer = subprocess.run([*shlex.split(curl[1]), "-s"], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("HTTP/1.1 200")


def test_the_client_it_prints_gets_a_token(stack: Stack) -> None:
    curl = re.search(r"^ *(curl .*grant_type.*)$", stack.output.read_text(), re.MULTILINE)
    assert curl
    answer = json.loads(subprocess.run(shlex.split(curl[1]), capture_output=True, check=True).stdout)
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 600)


def test_every_child_is_named_with_its_process(stack: Stack) -> None:
    assert set(stack.pids) == {"supervisor", "valkey", "upstream", "gateway", "worker", "portal", "started"}
    assert stack.pids["supervisor"] == stack.process.pid


def test_nothing_listens_beyond_this_machine(stack: Stack) -> None:
    listeners = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    found = {_address(fields[1]) for fields in listeners if fields[3] == "0A"}
    ports = {int(stack.environment[name]) for name in ("PORTAL_PORT", "GATEWAY_PORT", "UPSTREAM_PORT")}
    assert {entry for entry in found if entry[1] in ports} == {("127.0.0.1", port) for port in ports}


def _address(text: str) -> tuple[str, int]:
    host, port = text.split(":")
    return socket.inet_ntoa(bytes.fromhex(host)[::-1]), int(port, 16)


def test_files_with_secrets_are_for_their_owner_alone(stack: Stack) -> None:
    assert (stack.var_dir / "secrets").stat().st_mode & 0o077 == 0
    assert Path((stack.var_dir / "valkey.socket").read_text()).parent.stat().st_mode & 0o077 == 0
    for path in (stack.var_dir / "secrets").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_no_log_holds_a_key_or_a_password(stack: Stack) -> None:
    secrets = [
        *stack.demo["keys"].values(),
        stack.demo["client"]["secret"],
        stack.demo["staff"]["password"],
        stack.demo["staff"]["totp_secret"],
    ]
    secrets += [path.read_text() for path in (stack.var_dir / "secrets").iterdir() if path.suffix == ""]
    for log in (stack.var_dir / "log").iterdir():
        text = log.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], log


def test_a_second_start_and_a_reset_in_the_same_folder_are_refused(stack: Stack) -> None:
    for command in ("run", "reset"):
        done = subprocess.run(
            (*SUPERVISOR[:-1], command),
            env=stack.environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode != 0
        assert "is running from" in done.stderr
    assert stack.process.poll() is None
    assert stack.demo["keys"]


def test_the_staff_code_is_printed_on_demand(stack: Stack) -> None:
    done = subprocess.run(
        (*SUPERVISOR[:-1], "code"), env=stack.environment, cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"\d{6}\n", done.stdout)
