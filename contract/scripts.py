"""The Lua scripts that both planes run in Valkey. Each file's opening lines say its KEYS, ARGV and answer.

Run them by `EVALSHA script.sha …`; where Valkey answers NOSCRIPT nothing was done: send `script.text` by `EVAL`.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent / "lua"


class Script(NamedTuple):
    """A script's text and the SHA-1 by which Valkey knows it."""

    name: str
    text: str
    sha: str


def _load(name: str, *preludes: str) -> Script:
    text = "".join((_FOLDER / f"{part}.lua").read_text() for part in (*preludes, name))
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


ADMIT = _load("admit", "limits")
COMPLETE = _load("complete")
REFUND = _load("refund", "limits")
REAP = _load("reap")
PUBLISH = _load("publish")
BEAT = _load("beat")
#: What a gateway runs.
GATEWAY_SCRIPTS = (ADMIT, COMPLETE, REFUND, BEAT)
