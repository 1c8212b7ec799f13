"""A morning's worth of calls, so that logs and figures have something to show: real ones, through the gateway, by an
application that is named for it. They are made once, when the installation is new.
"""

import http.client
import json
import random
from typing import Any

from contract.settings import Settings
from demo.supervisor.demo_file import CREDENTIALS, write_private

CALLS = 160
_SEED = 20260314
#: (weight, method, path, body): mostly good calls, some that teach what an error looks like.
_KINDS: tuple[tuple[int, str, str, dict[str, Any] | None], ...] = (
    (30, "GET", "/clinic/v2/practitioners?limit=10", None),
    (20, "GET", "/clinic/v2/appointments?limit=20", None),
    (14, "GET", "/clinic/v2/patients?limit=5", None),
    (12, "GET", "/clinic/v1/practitioners/{number}", None),
    (8, "GET", "/clinic/v1/practitioners/{number}/slots", None),
    (6, "GET", "/clinic/v1/practitioners/{beyond}", None),
    (4, "POST", "/clinic/v2/appointments", {"start": "tomorrow"}),
    (3, "GET", "/clinic/v2/invoices", None),
    (3, "DELETE", "/clinic/v2/practitioners", None),
)


def make_sample_calls(settings: Settings) -> None:
    """Make the calls unless that has been done. Raises OSError where the gateway does not answer."""
    path = settings.var_dir / CREDENTIALS
    known = json.loads(path.read_text())
    if known.get("sample_calls"):
        return
    _call_all(settings.gateway_port, known["keys"]["traffic"])
    write_private(path, {**known, "sample_calls": CALLS})


def _call_all(port: int, key: str) -> None:
    draw = random.Random(_SEED)  # noqa: S311 - the same calls every time, not a secret
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    weights = [kind[0] for kind in _KINDS]
    for _, method, path, body in draw.choices(_KINDS, weights, k=CALLS):
        target = path.format(number=draw.randint(1, 24), beyond=draw.randint(900, 999))
        headers = {"Authorization": f"Bearer {key}", "User-Agent": "sample-traffic/1.0"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, target, json.dumps(body) if body is not None else None, headers)
        connection.getresponse().read()
    connection.close()
