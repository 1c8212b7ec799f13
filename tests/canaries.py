"""Every secret that tests make in running installations, and the last look for them wherever something is written.

What makes a secret, or is shown one, keeps it here. Before an installation stops, none of them may stand in its
database, its Valkey, its logs or its metrics.
"""

import re
import urllib.request
from base64 import b32decode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import redis

from contract.key_format import SCANNER_REGEX
from tests.postbox import postbox

_LEAST_CHARACTERS = 10
"""Shorter texts stand anywhere by chance; codes of six digits are spent when they are used."""
_KEY = re.compile(SCANNER_REGEX)
#: Longer than any public id.
_LINK_PART = re.compile(r"[/=]([A-Za-z0-9_:-]{24,})(?=[/&\s]|$)")
_known: set[str] = set()


def keep(secret: str) -> str:
    """Look for it from now on; answers it."""
    if len(secret) >= _LEAST_CHARACTERS:
        _known.add(secret)
    return secret


def keep_keys_in(text: str) -> str:
    """Whatever is formed like a key of ours; answers the text."""
    _known.update(found[0] for found in _KEY.finditer(text))
    return text


def keep_seed(seed: str) -> str:
    """An authenticator's, in base32 as people see it, and as it might be stored; answers it."""
    plain = seed.replace(" ", "")
    keep(b32decode(plain + "=" * (-len(plain) % 8)).hex())
    keep(plain)
    return seed


def keep_form(body: str) -> None:
    """Passwords that a form carries, the mistyped ones too."""
    for name, value in parse_qsl(body):
        if "password" in name:
            keep(value)


def keep_cookies(cookies: Iterable[tuple[str, str]]) -> None:
    """(name, value) of what signs a browser in or tells it from others."""
    for name, value in cookies:
        if name in ("sessionid", "browser"):
            keep(value)


def keep_demo(demo: dict[str, Any]) -> None:
    """What demo.json holds."""
    passwords = (demo["staff"]["password"], demo["developer"]["password"])
    for secret in (*demo["keys"].values(), demo["client"]["secret"], *passwords):
        keep(secret)
    keep_seed(demo["staff"]["totp_secret"])


def known() -> frozenset[str]:
    """All of them, those in letters that came since included."""
    letters = "\n".join(text for _, text in postbox().letters)
    return frozenset(_known | {found[1] for found in _LINK_PART.finditer(letters)})


def look(places: Iterable[tuple[str, bytes]], secrets: Iterable[str]) -> list[tuple[str, str]]:
    """(place, the secret's beginning) for each that is found."""
    wanted = [(secret[:12], secret.encode()) for secret in secrets]
    return [(place, start) for place, content in places for start, secret in wanted if secret in content]


def places(var_dir: Path, metrics_port: str = "") -> Iterator[tuple[str, bytes]]:
    """Where a running installation writes something down, with all of its bytes; its terminal shows the demo's
    passwords on purpose and is none of them."""
    for path in (*var_dir.glob("portcullis.sqlite3*"), *_files(var_dir / "log"), *_files(var_dir / "valkey")):
        yield str(path), path.read_bytes()
    for number in (0, 1):
        yield f"valkey database {number}", b"\n".join(_values(var_dir, number))
    if int(metrics_port or 0):
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics", timeout=30) as answer:
            yield "metrics", answer.read()


def _files(folder: Path) -> list[Path]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert found, f"nothing in {folder}"
    return found


def _values(var_dir: Path, number: int) -> Iterator[bytes]:
    """Every key with what stands under it: dumps are compressed, so each kind is read as it is."""
    socket = (var_dir / "valkey.socket").read_text().strip()
    client = redis.Redis(unix_socket_path=socket, db=number)
    for name in client.scan_iter():
        yield name
        yield repr(_READERS[client.type(name)](client, name)).encode()


_READERS: dict[bytes, Any] = {
    b"string": lambda client, name: client.get(name),
    b"hash": lambda client, name: client.hgetall(name),
    b"set": lambda client, name: client.smembers(name),
    b"zset": lambda client, name: client.zrange(name, 0, -1),
    b"list": lambda client, name: client.lrange(name, 0, -1),
    b"stream": lambda client, name: client.xrange(name),
    b"none": lambda _client, _name: None,
}
