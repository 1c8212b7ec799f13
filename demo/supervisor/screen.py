"""What the operator reads."""

import base64
import hmac
import time
from pathlib import Path
from typing import Any


def say(text: str) -> None:
    """One line of progress."""
    print(f"==> {text}", flush=True)


def show_ready(demo: dict[str, Any], var_dir: Path, seconds: float) -> None:
    """Where to click, how to get in, and a call that runs as it stands."""
    staff, developer = demo["staff"], demo["developer"]
    print(
        f"""
Portcullis is ready after {seconds:.0f} s.

  Portal       {demo["portal"]}/
  Developer    {demo["portal"]}/login/   {developer["email"]}   {developer["password"]}
  Staff        {demo["portal"]}/admin/   {staff["email"]}   {staff["password"]}
               code {totp_code(staff["totp_secret"], time.time())} now; later: .venv/bin/python -m demo.supervisor code
  Gateway      {demo["gateway"]}/
  Files        {var_dir}/demo.json, {var_dir}/log/

A call, masked as plan Free says:

  {curl(demo)}

An access token of ten minutes, to be sent in the key's place:

  {curl_for_token(demo)}

Ctrl-C stops everything.
""",
        flush=True,
    )


def curl(demo: dict[str, Any]) -> str:
    """A call with the free key."""
    return f"curl -i -H 'Authorization: Bearer {demo['keys']['free']}' {demo['gateway']}{demo['masked']}"


def curl_for_token(demo: dict[str, Any]) -> str:
    """The sample client asks for itself (RFC 6749, section 4.4)."""
    who = f"'{demo['client']['id']}:{demo['client']['secret']}'"
    return f"curl -s -u {who} -d grant_type=client_credentials {demo['portal']}/oauth/token/"


def totp_code(secret: str, at_seconds: float) -> str:
    """The six digits for a base32 secret at a time (RFC 6238: 30 s, SHA-1)."""
    padded = secret + "=" * (-len(secret) % 8)
    counter = int(at_seconds // 30).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(padded), counter, "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
