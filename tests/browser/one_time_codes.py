"""Codes of an authenticator app, typed as a person does: one that was used already, or just runs out, is retyped."""

import time
from base64 import b32decode

from django_otp.oath import TOTP
from playwright.sync_api import Page as Tab

STEP_SECONDS = 30
_RETRY_MS = 500


def code_of(secret: str) -> str:
    """Six digits for this moment; `secret` is base32 (RFC 6238)."""
    key = b32decode(secret + "=" * (-len(secret) % 8))
    return f"{TOTP(key, step=STEP_SECONDS).token():06}"


def enter_code(tab: Tab, secret: str) -> None:
    """Type codes until one is taken. Raises AssertionError after two steps of the clock."""
    deadline = time.monotonic() + 2 * STEP_SECONDS
    tried = ""
    while tab.get_by_label("Code").count():
        assert time.monotonic() < deadline, "no code was taken"
        if (code := code_of(secret)) == tried:
            tab.wait_for_timeout(_RETRY_MS)
            continue
        tried = code
        tab.get_by_label("Code").fill(code)
        with tab.expect_navigation():
            tab.get_by_role("button", name="Go on").click()
