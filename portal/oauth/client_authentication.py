"""Which client asks, and whether it is that client (RFC 6749, section 2.3)."""

import base64
import binascii
from typing import NamedTuple
from urllib.parse import unquote_plus

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from contract.key_format import digest_key, is_client_secret
from contract.restrictions import read_address, read_network
from contract.settings import settings
from keys.models import Client, SecretState
from portal.client_address import client_address
from portal.oauth.attempts import WINDOW_SECONDS, are_exhausted, note_failure
from portal.oauth.refusals import InvalidClient, Refusal

_REPEATABLE = frozenset({"resource"})
_LONGEST_ID = 64


class Presented(NamedTuple):
    """What a request says of its client; public ones have no secret."""

    client_id: str
    secret: str


def client_of(request: HttpRequest) -> Client:
    """The client that asks: a confidential one has shown its secret. Raises Refusal."""
    _refuse_repetitions(request)
    presented, address = _presented(request), client_address(request)
    if are_exhausted(presented.client_id, address):
        headers = {"Retry-After": str(WINDOW_SECONDS)}
        raise Refusal("temporarily_unavailable", "Too many failed attempts. Wait five minutes.", 429, headers)
    client = find_client(presented.client_id)
    if client is None or not _is_right(client, presented.secret) or not _is_near(client, address):
        note_failure(presented.client_id, address)
        raise InvalidClient
    return client


def find_client(client_id: str) -> Client | None:
    """A client that may ask now."""
    if not client_id or len(client_id) > _LONGEST_ID or "\0" in client_id:
        return None
    rows = Client.objects.select_related("credential__application__organisation")
    client = rows.filter(credential__public_id=client_id).first()
    return client if client and client.is_usable(None) else None


def _is_right(client: Client, secret: str) -> bool:
    """A digest that is keyed tells nothing by how long its look-up takes."""
    if client.is_public:
        return not secret
    if not is_client_secret(secret):
        return False
    digest = digest_key(secret, settings().secret_bytes("key_pepper"))
    works = Q(state=SecretState.CURRENT) | Q(state=SecretState.RETIRING, not_after__gt=timezone.now())
    return client.credential.secrets.filter(works, digest=digest).exists()


def _is_near(client: Client, address: str) -> bool:
    networks = client.credential.networks
    if not networks:
        return True
    parsed, allowed = read_address(address), [read_network(text) for text in networks]
    return parsed is not None and any(network is not None and parsed in network for network in allowed)


def _presented(request: HttpRequest) -> Presented:
    client_id, secret = request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    if "Authorization" not in request.headers:
        return Presented(client_id, secret)
    named = _basic(request.headers["Authorization"])
    if secret:
        raise Refusal("invalid_request", "Authenticate in one way: in the header or in the body, not in both.")
    if client_id and client_id != named.client_id:
        raise Refusal("invalid_request", "The header and the body name two clients.")
    return named


def _basic(header: str) -> Presented:
    """Name and secret, each form-encoded before they were joined. Raises InvalidClient."""
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidClient from None
    client_id, separator, secret = text.partition(":")
    if scheme.lower() != "basic" or not separator:
        raise InvalidClient
    return Presented(unquote_plus(client_id), unquote_plus(secret))


def _refuse_repetitions(request: HttpRequest) -> None:
    """RFC 6749, section 3.2: parameters stand once, and in the body."""
    if request.GET:
        raise Refusal("invalid_request", "Parameters stand in the body, not in the address.")
    for name, values in request.POST.lists():
        if len(values) > 1 and name not in _REPEATABLE:
            raise Refusal("invalid_request", "A parameter stands twice.")
