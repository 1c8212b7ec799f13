"""After a life with everything that handles secrets, none of them stands where somebody could find it later."""

import re
import urllib.request
from base64 import b32decode
from collections.abc import Iterator
from pathlib import Path

import redis

from contract.key_format import SCANNER_REGEX
from tests.browser.one_time_codes import code_of
from tests.functional.callers import call
from tests.functional.conftest import LEAK_REPORT_TOKEN
from tests.functional.portal_visitor import Visitor
from tests.functional.test_key_life import mailed_link, make_key, port, report, rotate
from tests.functional.waiting import wait_for
from tests.stack import Stack

PASSWORD = "a canary sings in the cellar"
#: What has to be found, by where: otherwise the search sees nothing and says so of everything.
TRACES = {
    "sqlite3": b"canary@cellar.example",
    "worker.log": b"was found in public",
    "gateway.log": b"gateway",
    "valkey database 0": b"credential:key_",
    "metrics": b"# HELP",
    ".aof": b"credential:key_",
}


async def test_no_secret_is_found_in_database_valkey_logs_or_metrics(busy_stack: Stack) -> None:
    secrets = live(busy_stack)
    for key in (secret for secret in secrets if re.fullmatch(SCANNER_REGEX, secret)):
        await call(port(busy_stack), busy_stack.demo["sample"], key)
        await call(port(busy_stack), f"/clinic/v1/practitioners?api_key={key}", key)
    written = dict(places(busy_stack))
    for kind, word in TRACES.items():
        assert any(kind in place and word in content for place, content in written.items()), f"nothing seen in {kind}"
    found = [
        (place, secret[:12]) for place, content in written.items() for secret in secrets if secret.encode() in content
    ]
    assert found == []


def live(stack: Stack) -> list[str]:
    """Signing up, in and out, keys, codes, rotation and a leak; answers every secret that took part."""
    demo = stack.demo
    made = make_key(stack, "Canary")
    rotated = rotate(stack, made["id"], "--overlap", "1h")
    report(stack, rotated)
    wait_for(lambda: mailed_link(stack, made["id"]))
    seed = demo["staff"]["totp_secret"]
    return [
        *sign_up(stack),
        *sign_in(stack),
        *demo["keys"].values(),
        made["secret"],
        rotated,
        demo["developer"]["password"],
        demo["staff"]["password"],
        PASSWORD,
        seed,
        b32decode(seed + "=" * (-len(seed) % 8)).hex(),
        LEAK_REPORT_TOKEN,
    ]


def sign_up(stack: Stack) -> list[str]:
    """The first key, shown once, and the session."""
    person = Visitor(stack)
    page = person.post("/signup/", email="canary@cellar.example", password1=PASSWORD)
    shown = re.search(SCANNER_REGEX, page)
    assert shown
    return [shown[0]]


def sign_in(stack: Stack) -> list[str]:
    """Staff with their code; wrong secrets are secrets too, as people mistype the right ones."""
    staff, known = Visitor(stack), stack.demo["staff"]
    staff.post("/login/", login=known["email"], password=known["password"] + "x")
    staff.post("/login/", login=known["email"], password=known["password"])
    staff.post("/login/code/", code=code_of(known["totp_secret"]))
    assert "Keys" in staff.get("/admin/keys/")
    return [known["password"] + "x"]


def places(stack: Stack) -> Iterator[tuple[str, bytes]]:
    """Where something is written down, with all of its bytes."""
    for path in (*stack.var_dir.glob("portcullis.sqlite3*"), *files(stack.var_dir / "log"), *valkey_files(stack)):
        yield str(path), path.read_bytes()
    for number in (0, 1):
        yield f"valkey database {number}", b"\n".join(values(stack, number))
    address = f"http://127.0.0.1:{stack.environment['METRICS_PORT']}/metrics"
    with urllib.request.urlopen(address, timeout=30) as answer:
        yield "metrics", answer.read()


def files(folder: Path) -> list[Path]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert found, f"nothing in {folder}"
    return found


def valkey_files(stack: Stack) -> list[Path]:
    """The append-only file among them."""
    return files(stack.var_dir / "valkey")


def values(stack: Stack, number: int) -> Iterator[bytes]:
    """Every key with what stands under it: dumps are compressed, so each kind is read as it is."""
    socket = (stack.var_dir / "valkey.socket").read_text().strip()
    client = redis.Redis(unix_socket_path=socket, db=number)
    for name in client.scan_iter():
        yield name
        yield repr(READERS[client.type(name)](client, name)).encode()


READERS = {
    b"string": lambda client, name: client.get(name),
    b"hash": lambda client, name: client.hgetall(name),
    b"set": lambda client, name: client.smembers(name),
    b"zset": lambda client, name: client.zrange(name, 0, -1),
    b"list": lambda client, name: client.lrange(name, 0, -1),
    b"stream": lambda client, name: client.xrange(name),
    b"none": lambda _client, _name: None,
}
