"""Passkeys with an authenticator that the browser plays itself, an authenticator app, and a recovery code."""

import hashlib
import hmac
import struct
import time
from base64 import b32decode
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.browser.first_call import PASSWORD, sign_up
from tests.browser.windows import Window, Windows
from tests.browser.world import Role
from tests.canaries import keep, keep_seed

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
STEP_SECONDS = 30


def at_a_device(windows: Windows) -> Window:
    """Somebody who is not signed in, at a device that can hold passkeys."""
    window = windows.fresh(Role.ANONYMOUS)
    session = window.tab.context.new_cdp_session(window.tab)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return window


@pytest.fixture
def newcomer(windows: Windows) -> Iterator[Window]:
    window = at_a_device(windows)
    yield window
    window.close()


def press(tab: Tab, name: str) -> None:
    with tab.expect_navigation():
        tab.get_by_role("button", name=name, exact=True).click()


def sign_out(tab: Tab) -> None:
    tab.goto("/logout/")
    press(tab, "Sign out")


def add_passkey(tab: Tab) -> None:
    tab.goto("/account/security/")
    tab.get_by_label("Name").fill("Lighthouse laptop")
    press(tab, "Add a passkey")
    expect(tab.get_by_role("rowheader", name="Lighthouse laptop")).to_be_visible()


def with_password(tab: Tab, email: str) -> None:
    tab.goto("/login/?next=/account/")
    tab.locator("[name=login]").fill(email)
    tab.locator("[name=password]").fill(PASSWORD)
    press(tab, "Sign in")


def is_signed_in(tab: Tab, email: str) -> bool:
    tab.wait_for_url("**/account/")
    return f"Signed in as {email}." in tab.locator("main").inner_text()


def code_of(secret: str, at: float) -> str:
    """RFC 6238, by hand: what any app on a phone computes."""
    key = b32decode(secret.replace(" ", ""))
    digest = hmac.new(key, struct.pack(">Q", int(at) // STEP_SECONDS), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def test_a_passkey_signs_in_without_a_password_and_as_the_second_step(newcomer: Window) -> None:
    tab, email = newcomer.tab, sign_up(newcomer)
    add_passkey(tab)
    sign_out(tab)
    tab.goto("/login/?next=/account/")
    press(tab, "Sign in with a passkey")
    assert is_signed_in(tab, email)
    sign_out(tab)
    with_password(tab, email)
    expect(tab.get_by_role("heading", name="The second step")).to_be_visible()
    press(tab, "Use a passkey")
    assert is_signed_in(tab, email)
    tab.goto("/reauthenticate/?next=/account/")
    press(tab, "Use a passkey")
    assert is_signed_in(tab, email)
    assert newcomer.watch.lines() == []


def test_an_app_is_enrolled_and_a_recovery_code_works_once(newcomer: Window) -> None:
    tab, email = newcomer.tab, sign_up(newcomer)
    tab.goto("/account/security/code/?next=/account/security/recovery/")
    secret = keep_seed(tab.locator("#second-factor-key").input_value())
    tab.get_by_label("Code").fill(code_of(secret, time.time()))
    press(tab, "Confirm the app")
    press(tab, "Make 10 codes")
    code = keep(tab.locator("#codes").inner_text().split()[0])
    sign_out(tab)
    with_password(tab, email)
    tab.get_by_label("Code").fill(code)
    press(tab, "Go on")
    assert is_signed_in(tab, email)
    sign_out(tab)
    with_password(tab, email)
    tab.get_by_label("Code").fill(code)
    press(tab, "Go on")
    expect(tab.get_by_text("That code does not fit.").first).to_be_visible()
    tab.get_by_label("Code").fill(code_of(secret, time.time() + STEP_SECONDS))
    press(tab, "Go on")
    assert is_signed_in(tab, email)


def test_a_device_without_the_passkey_opens_nothing(newcomer: Window, windows: Windows) -> None:
    sign_up(newcomer)
    add_passkey(newcomer.tab)
    stranger = at_a_device(windows)
    stranger.visit("/login/")
    stranger.tab.get_by_role("button", name="Sign in with a passkey").click()
    expect(stranger.tab.get_by_text("No passkey was given.")).to_be_visible(timeout=30_000)
    stranger.close()
