"""An independent client library completes every grant against the running installation and calls with what it got."""

import asyncio
import html
import json
import re
import secrets
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6749 import OAuth2Token

from demo.seed import CALLBACK
from tests.canaries import keep
from tests.functional.callers import call
from tests.functional.portal_visitor import LeftPortal, Visitor, staff_of
from tests.stack import Stack

PASSWORD = "a reader walks along the shore"


@pytest.fixture
def metadata(busy_stack: Stack) -> dict[str, Any]:
    """What a client that knows nothing but the issuer finds."""
    with urllib.request.urlopen(f"{busy_stack.demo['portal']}/.well-known/oauth-authorization-server") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


@pytest.fixture
def session(busy_stack: Stack, metadata: dict[str, Any]) -> Iterator[OAuth2Session]:
    """Authlib as the sample client."""
    client = busy_stack.demo["client"]
    with OAuth2Session(
        client["id"],
        client["secret"],
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        token_endpoint=metadata["token_endpoint"],
        scope="patients:read practitioners:read",
    ) as made:
        yield made


async def test_a_machine_gets_a_token_and_calls(
    busy_stack: Stack, session: OAuth2Session, metadata: dict[str, Any]
) -> None:
    for method in ("client_secret_basic", "client_secret_post"):
        session.token_endpoint_auth_method = method
        token = kept(session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials"))
        assert await status(busy_stack, token) == 200
    told = session.introspect_token(metadata["introspection_endpoint"], token["access_token"]).json()
    assert (told["active"], told["client_id"]) == (True, busy_stack.demo["client"]["id"])
    session.revoke_token(metadata["revocation_endpoint"], token["access_token"], token_type_hint="access_token")
    await becomes(busy_stack, token, 401)


async def test_a_person_signs_up_allows_it_and_takes_it_back(
    busy_stack: Stack, session: OAuth2Session, metadata: dict[str, Any]
) -> None:
    person = Visitor(busy_stack)
    token = token_for(busy_stack, session, metadata, person, "reader@shore.example")
    assert await status(busy_stack, token) == 200
    refreshed = kept(session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"]))
    assert refreshed["refresh_token"] != token["refresh_token"]
    assert await status(busy_stack, refreshed) == 200
    consent = re.search(r"/account/consents/(gnt_\w+)/", person.get("/account/consents/"))
    assert consent
    person.post(consent[0])
    await becomes(busy_stack, refreshed, 401)
    await becomes(busy_stack, token, 401)


async def test_nobody_acts_for_a_suspended_person_and_another_person_notices_nothing(
    busy_stack: Stack, session: OAuth2Session, metadata: dict[str, Any]
) -> None:
    tokens = [
        token_for(busy_stack, session, metadata, Visitor(busy_stack), f"{name}@shore.example")
        for name in ("walker", "swimmer")
    ]
    walker, swimmer = tokens
    assert [await status(busy_stack, token) for token in tokens] == [200, 200]
    staff = await asyncio.to_thread(staff_of, busy_stack)
    found = re.search(r"/admin/people/usr_\w+/", staff.get("/admin/people/?q=walker@shore.example"))
    assert found
    page = staff.post(f"{found[0]}suspend/", reason="The telephone was stolen")
    assert "walker@shore.example is suspended." in page
    # Where the receipts are in, no later call is answered; a slow machine may still wait for them.
    if re.search(r"In force at (\d+) of \1 gateways", page):
        assert await status(busy_stack, walker) == 401
    await becomes(busy_stack, walker, 401)
    assert await status(busy_stack, swimmer) == 200
    staff.post(f"{found[0]}restore/", reason="The telephone was found")
    await becomes(busy_stack, walker, 200)
    assert await status(busy_stack, swimmer) == 200


def token_for(
    stack: Stack, session: OAuth2Session, metadata: dict[str, Any], person: Visitor, email: str
) -> OAuth2Token:
    """Sign up with the address on the way, allow it, and redeem the code."""
    resource = f"{stack.demo['gateway']}/clinic"
    verifier = keep(secrets.token_urlsafe(48))
    address, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, resource=resource
    )
    location = allow(person, address, email)
    back = parse_qs(urlsplit(location).query)
    keep(back["code"][0])
    assert (back["state"], back["iss"]) == ([state], [metadata["issuer"]])
    return kept(
        session.fetch_token(
            metadata["token_endpoint"], authorization_response=location, code_verifier=verifier, resource=resource
        )
    )


def allow(person: Visitor, address: str, email: str) -> str:
    """Sign up on the way, then press Allow; answers where the browser was sent."""
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}"
    assert "Sign in" in person.get(path)
    signup = re.search(r'href="(/signup/[^"]+)"', person.get(path))
    assert signup
    asked = person.post(html.unescape(signup[1]), email=email, password1=PASSWORD)
    assert "Sample client" in asked
    with pytest.raises(LeftPortal) as left:
        person.post(path, allow="true")
    return left.value.address


def kept(token: OAuth2Token) -> OAuth2Token:
    for name in ("access_token", "refresh_token"):
        if name in token:
            keep(token[name])
    return token


async def status(stack: Stack, token: OAuth2Token) -> int:
    port = int(stack.environment["GATEWAY_PORT"])
    return (await call(port, stack.demo["sample"], token["access_token"])).status


async def becomes(stack: Stack, token: OAuth2Token, wanted: int) -> None:
    """As soon as the change feed has told the gateways."""
    deadline = time.monotonic() + 60
    while await status(stack, token) != wanted:
        assert time.monotonic() < deadline, f"never {wanted}"
        await asyncio.sleep(0.02)
