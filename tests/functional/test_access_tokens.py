"""Tokens of the running authorization server at the running gateway, proofs made by an independent library."""

import base64
import hashlib
import json
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import ECKey

from tests.canaries import keep
from tests.functional.waiting import wait_for
from tests.stack import Stack


class Answer(NamedTuple):
    """`body` is JSON, or empty."""

    status: int
    headers: Any
    body: dict[str, Any]


def ask(address: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
    request = urllib.request.Request(address, urlencode(form).encode() if form else None, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Answer(answer.status, answer.headers, json.loads(answer.read() or b"{}"))
    except HTTPError as error:
        return Answer(error.code, error.headers, json.loads(error.read() or b"{}"))


def as_client(stack: Stack, path: str, form: dict[str, str], **headers: str) -> Answer:
    """Ask the portal as the sample client."""
    client = stack.demo["client"]
    basic = base64.b64encode(f"{client['id']}:{client['secret']}".encode()).decode()
    return ask(stack.demo["portal"] + path, form, Authorization=f"Basic {basic}", **headers)


def ask_for_token(stack: Stack, **headers: str) -> Answer:
    resource = f"{stack.demo['gateway']}/{stack.demo['sample'].split('/')[1]}"
    form = {"grant_type": "client_credentials", "resource": resource}
    answer = as_client(stack, "/oauth/token/", form, **headers)
    keep(answer.body.get("access_token", ""))
    return answer


def sample(stack: Stack, authorization: str, **headers: str) -> Answer:
    return ask(stack.demo["gateway"] + stack.demo["sample"], Authorization=authorization, **headers)


def test_a_token_calls_until_its_client_takes_it_back(stack: Stack) -> None:
    issued, other = ask_for_token(stack), ask_for_token(stack)
    token, sister = issued.body["access_token"], other.body["access_token"]
    assert (issued.status, sample(stack, f"Bearer {token}").status, sample(stack, f"Bearer {sister}").status) == (
        *(200, 200, 200),
    )
    elsewhere = ask(f"{stack.demo['gateway']}/another/v1/", Authorization=f"Bearer {token}")
    assert (elsewhere.status, elsewhere.body["detail"]) == (401, "The token is for another API.")
    assert as_client(stack, "/oauth/revoke/", {"token": token}).status == 200
    wait_for(lambda: sample(stack, f"Bearer {token}").status == 401)
    assert sample(stack, f"Bearer {sister}").status == 200


def test_a_bound_token_calls_with_a_proof_and_each_proof_once(stack: Stack) -> None:
    key = ECKey.generate_key("P-256")

    def prove(method: str, address: str, **claims: str) -> str:
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
        usual = {"jti": uuid.uuid4().hex, "htm": method, "htu": address, "iat": int(time.time())}
        return jwt.encode(header, {**usual, **claims}, key)

    endpoint = f"{stack.demo['portal']}/oauth/token/"
    nonce = ask_for_token(stack, DPoP=prove("POST", endpoint)).headers["DPoP-Nonce"]
    issued = ask_for_token(stack, DPoP=prove("POST", endpoint, nonce=nonce))
    token = issued.body["access_token"]
    assert (issued.status, issued.body["token_type"]) == (200, "DPoP")
    borne = sample(stack, f"Bearer {token}")
    assert (borne.status, borne.headers["WWW-Authenticate"].split(",")[0]) == (401, 'DPoP error="invalid_token"')
    ath = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
    proof = prove("GET", stack.demo["gateway"] + stack.demo["sample"].partition("?")[0], ath=ath)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: sample(stack, f"DPoP {token}", DPoP=proof).status, range(2)))
    assert sorted(answers) == [200, 401]
