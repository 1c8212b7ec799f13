"""After a life with everything that handles secrets, none of them stands where somebody could find it later.

Every installation is searched once more as it stops, for whatever its tests have made: see tests/canaries.py.
"""

import re
import secrets
import sqlite3
from pathlib import Path

import pytest
import redis

from contract.key_format import SCANNER_REGEX, mint_key
from tests.canaries import keep, known, look
from tests.functional.callers import call
from tests.functional.conftest import LEAK_REPORT_TOKEN
from tests.functional.portal_visitor import Visitor, staff_of
from tests.functional.test_key_life import mailed_link, make_key, port, report, rotate
from tests.functional.waiting import wait_for
from tests.stack import Stack

PASSWORD = "a canary sings in the cellar"
#: What has to be found, by where: otherwise the search sees nothing and says so of everything.
TRACES = {
    "sqlite3": b"canary@cellar.example",
    "portal.log": b"/login/code/",
    "gateway.log": b"gateway",
    "valkey database 0": b"credential:key_",
    "metrics": b"# HELP",
    ".aof": b"credential:key_",
}


async def test_no_secret_is_found_in_database_valkey_logs_or_metrics(busy_stack: Stack) -> None:
    live(busy_stack)
    for key in [secret for secret in known() if re.fullmatch(SCANNER_REGEX, secret)][:20]:
        await call(port(busy_stack), busy_stack.demo["sample"], key)
        await call(port(busy_stack), f"/clinic/v1/practitioners?api_key={key}", key)
    written = list(busy_stack.places())
    for kind, word in TRACES.items():
        assert any(kind in place and word in content for place, content in written), f"nothing seen in {kind}"
    assert look(written, known()) == []


def live(stack: Stack) -> None:
    """Signing up, in and out, resetting, inviting, keys, codes, rotation and a leak."""
    made = make_key(stack, "Canary")
    rotated = rotate(stack, made["id"], "--overlap", "1h")
    report(stack, rotated)
    keep(LEAK_REPORT_TOKEN)
    wait_for(lambda: mailed_link(stack, made["id"]))
    person = sign_up(stack)
    sign_in_as_staff(stack)
    reset_password(stack)
    invite(stack)
    person.post("/logout/")
    kept = {kind: [secret for secret in known() if re.search(form, secret)] for kind, form in KINDS.items()}
    assert all(kept.values()), f"not every kind of secret was made: {kept.keys()}"


#: What is among the secrets, so that the last look does look for it.
KINDS = {
    "key": f"^{SCANNER_REGEX}$",
    "session": "^[a-z0-9]{32}$",
    "browser": "^[0-9a-f]{32}$",
    "password": PASSWORD,
    "seed": "^[A-Z2-7]{32}$",
    "reset link": "^[0-9a-z]+-[0-9a-z]+-[0-9a-f]{32}$",
    "invitation": "^[A-Za-z0-9_-]{40,}$",
}


def sign_up(stack: Stack) -> Visitor:
    """The first key, shown once, and the session."""
    person = Visitor(stack)
    assert re.search(SCANNER_REGEX, person.post("/signup/", email="canary@cellar.example", password1=PASSWORD))
    return person


def sign_in_as_staff(stack: Stack) -> None:
    """With a code; wrong secrets are secrets too, as people mistype the right ones."""
    given = stack.demo["staff"]
    Visitor(stack).post("/login/", login=given["email"], password=given["password"] + "x")
    assert "Keys" in staff_of(stack).get("/admin/keys/")


def reset_password(stack: Stack) -> None:
    """By the link in the mail."""
    person, address = Visitor(stack), "canary@cellar.example"
    person.post("/password/reset/", email=address)
    link = wait_for(lambda: stack.mailed(address, r"(/password/reset/key/\S+)"))
    assert "password1" in person.get(link)
    person.post(link, password1=PASSWORD + "2", password2=PASSWORD + "2")


def invite(stack: Stack) -> None:
    """An owner invites; the invited one opens the link."""
    owner, given = Visitor(stack), stack.demo["developer"]
    owner.post("/login/", login=given["email"], password=given["password"])
    found = re.search(r"/team/(org_\w+)/invite/", owner.get("/team/"))
    assert found
    owner.post(found[0], email="guest@cellar.example", role="viewer")
    link = wait_for(lambda: stack.mailed("guest@cellar.example", r"(/invitations/accept/\S+)"))
    Visitor(stack).get(link)


@pytest.mark.parametrize("place", ["log", "database", "valkey", "cache"])
def test_a_planted_secret_is_found(busy_stack: Stack, place: str) -> None:
    """The search is searched: else it could find nothing because it sees nothing."""
    planted = secrets.token_hex(20)
    PLANTERS[place](busy_stack, planted)
    assert {start for _, start in look(busy_stack.places(), [planted])} == {planted[:12]}
    assert look(busy_stack.places(), [mint_key("test")]) == []


def into_a_log(stack: Stack, secret: str) -> None:
    with (stack.var_dir / "log" / "worker.log").open("a") as log:
        log.write(f"{secret}\n")


def into_the_database(stack: Stack, secret: str) -> None:
    with sqlite3.connect(stack.var_dir / "portcullis.sqlite3", timeout=60) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS planted (text)")
        connection.execute("INSERT INTO planted VALUES (?)", (secret,))


def into_valkey(stack: Stack, secret: str, number: int = 0) -> None:
    socket = Path((stack.var_dir / "valkey.socket").read_text().strip())
    redis.Redis(unix_socket_path=str(socket), db=number).set("planted", secret, ex=600)


PLANTERS = {
    "log": into_a_log,
    "database": into_the_database,
    "valkey": into_valkey,
    "cache": lambda stack, secret: into_valkey(stack, secret, 1),
}
