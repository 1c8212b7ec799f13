"""What we ask the OpenID provider ourselves: bounded in time and size, and never an address that it made up inside our
own network. The provider's own host may stand there: the operator has named it."""

import http.client
import re
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from catalog.outgoing import Address, Sent, allowed_address, exchange, is_public, port_of
from contract.addresses import is_own_or_secured
from contract.jws import JwsError, read_object
from contract.settings import settings

LONGEST_SECONDS = 5.0
MOST_BYTES = 256 * 1024
_ERROR_CODE = re.compile(r"[a-z_]{1,40}\Z")


class ProviderError(Exception):
    """The provider does not answer, or not as it must. The text is for our own log."""


def get_object(url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """The JSON object that stands there. Raises ProviderError."""
    return _object_of(url, Sent(headers={"Accept": "application/json"} | (headers or {})))


def post_form(url: str, fields: dict[str, str], headers: dict[str, str]) -> dict[str, Any]:
    """The JSON object that is answered to a form. Raises ProviderError."""
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return _object_of(url, Sent("POST", kind | headers, urlencode(fields).encode()))


def _object_of(url: str, sent: Sent) -> dict[str, Any]:
    parts = _parts(url)
    try:
        address = allowed_address(str(parts.hostname), port_of(parts), _allowance(parts))
        if address is None:
            raise ProviderError(f"{parts.hostname} is not on the public internet")
        return _ask(parts, address, sent)
    except (OSError, UnicodeError, http.client.HTTPException, ValueError) as error:
        raise ProviderError(f"{parts.hostname} cannot be asked: {type(error).__name__}") from None


def _parts(url: object) -> SplitResult:
    text = url if isinstance(url, str) else ""
    try:
        parts = urlsplit(text)
        fits = is_own_or_secured(parts) and parts.username is None and parts.port != 0
    except ValueError:
        fits = False
    if not fits or not text.isascii() or not text.isprintable() or " " in text:
        raise ProviderError("an address that cannot be asked")
    return parts


def _allowance(parts: SplitResult) -> Any:
    is_own = parts.hostname == urlsplit(settings().oidc_issuer).hostname
    return _any_address if is_own else is_public


def _any_address(_address: Address) -> bool:
    return True


def _ask(parts: SplitResult, address: str, sent: Sent) -> dict[str, Any]:
    with exchange(parts, address, LONGEST_SECONDS, sent) as (answer, is_over):
        body = answer.read(MOST_BYTES + 1)
    if is_over.is_set() or len(body) > MOST_BYTES or answer.length:
        raise ProviderError(f"{parts.hostname} answers too slowly, too much, or breaks off")
    if answer.status != 200:
        raise ProviderError(f"{parts.hostname} answers {answer.status} {_error_code(body)}".strip())
    return _read(body)


def _read(body: bytes) -> dict[str, Any]:
    try:
        return read_object(body)
    except JwsError as error:
        raise ProviderError(f"an answer that is {error}") from None


def _error_code(body: bytes) -> str:
    """The code of an OAuth error (RFC 6749, section 5.2), nothing else of what was answered."""
    try:
        code = read_object(body).get("error")
    except JwsError:
        return ""
    return code if isinstance(code, str) and _ERROR_CODE.match(code) else ""
