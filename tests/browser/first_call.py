"""What a new developer does by hand: sign up, read the key off the page, run the line that it shows."""

import http.client
import secrets
import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page as Tab

from tests.browser.windows import Window
from tests.canaries import keep, keep_keys_in

PASSWORD = "a-lantern-on-the-quay"
_TIMEOUT_SECONDS = 10.0
#: The session's own count of what the person did, across pages.
EFFORT_SCRIPT = """
const note = (event, name) => addEventListener(event, ({isTrusted, target}) => {
  if (!isTrusted) return;
  const effort = JSON.parse(sessionStorage.getItem("effort") ?? '{"clicks": 0, "fields": []}');
  if (event === "click") effort.clicks += 1;
  else if (!effort.fields.includes(target.name)) effort.fields.push(target.name);
  sessionStorage.setItem("effort", JSON.stringify(effort));
}, true);
note("click");
note("input");
"""


@dataclass(frozen=True)
class ShownCall:
    """A call as a page's curl line spells it."""

    url: str
    headers: dict[str, str]


def sign_up(window: Window) -> str:
    """From the form to the start page; answers the e-mail address."""
    email = f"harbour-{secrets.token_hex(4)}@newcomers.example"
    tab = window.tab
    assert window.visit("/signup/") == 200
    tab.locator("[name=email]").fill(email)
    tab.locator("[name=password1]").fill(PASSWORD)
    tab.get_by_role("button", name="Sign up").click()
    tab.wait_for_url("**/start/")
    return email


def shown_key(tab: Tab) -> str:
    """The secret that the page shows this once."""
    return keep(tab.locator("#secret").input_value())


def shown_call(tab: Tab) -> ShownCall:
    """The curl line, read as a shell would."""
    return read_curl(tab.locator("#sample-curl").inner_text())


def read_curl(text: str) -> ShownCall:
    """Words of a curl command; raises AssertionError for an option that is not known here."""
    command, *words = shlex.split(keep_keys_in(text).replace("\\\n", " "))
    assert command == "curl", text
    url, headers = "", {}
    while words:
        word = words.pop(0)
        if word in ("-H", "--header"):
            name, _, value = words.pop(0).partition(":")
            headers[name] = value.strip()
        else:
            assert not word.startswith("-") or word in ("-i", "-s", "-sS", "--fail-with-body"), text
            url = url if word.startswith("-") else word
    return ShownCall(url, headers)


def with_key(call: ShownCall, key: str) -> ShownCall:
    """The same call made with another key."""
    return ShownCall(call.url, {**call.headers, "Authorization": f"Bearer {key}"})


def send(call: ShownCall) -> int:
    """Make the call from outside of the browser; answers its status."""
    address = urlsplit(call.url)
    assert address.hostname, call
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{address.path}?{address.query}".rstrip("?"), headers=call.headers)
        return connection.getresponse().status
    finally:
        connection.close()
