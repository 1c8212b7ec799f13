"""CORS (Fetch standard, section 3.3): which web pages may read answers, by the origins of API and application.

A preflight carries no credential, so its API alone decides, whatever version and path it names: nothing can be found
out by preflights but whether an API lets this origin in. The answer to the call itself is then narrowed to the
application's origins, where it names any. Credentials of ours are header fields, never cookies, so
`Access-Control-Allow-Credentials` is never sent.
"""

import re

from contract.origins import ANY
from contract.records import Api
from gateway.answer import head
from gateway.attempts import Attempts
from gateway.grants import SLUG
from gateway.records_cache import RecordsCache
from gateway.refusal import Headers, Refused
from gateway.strict import TOKEN, Fields

ORIGIN, WANTED_METHOD, WANTED_HEADERS = b"origin", b"access-control-request-method", b"access-control-request-headers"
#: What a page's script may read of an answer, beside what the Fetch standard always allows.
EXPOSED = (
    *("RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id", "Deprecation", "Sunset", "Link"),
    *("WWW-Authenticate", "DPoP-Nonce"),
)
#: How long a browser goes by a preflight's answer.
MAX_AGE_SECONDS = 600
_VARY = b"Vary: Origin\r\n"
_EXPOSE = b"Access-Control-Expose-Headers: %b\r\n" % ", ".join(EXPOSED).encode()
_PREFLIGHT_VARY = (b"Vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
_METHOD = re.compile(rb"[A-Za-z]{1,20}")
_NAMES = re.compile(rb"%b(?:[ \t]*+,[ \t]*+%b)*+" % (TOKEN, TOKEN))
_NAMES_MAX_BYTES = 2048


class Origins:
    """Looks an API's origins up. What is not in memory costs the network a token, so that made-up names cannot buy
    look-ups; without one, the answer is as for an API that lets nobody in."""

    def __init__(self, cache: RecordsCache, attempts: Attempts) -> None:
        self._cache = cache
        self._attempts = attempts

    async def of(self, slug: str, address: str) -> tuple[str, ...]:
        """The origins that an API lets in; none where there is no such API. Raises Unavailable."""
        if SLUG.fullmatch(slug) is None:
            return ()
        name = ("api", slug)
        cell = self._cache.get(name)
        if cell is None:
            try:
                async with self._attempts.look_up(address, "origin") as look_up:
                    (cell,) = await self._cache.load(name)
                    look_up.in_vain = cell.record is None
            except Refused:
                return ()
        return let_in(cell.record)


def let_in(api: Api | None) -> tuple[str, ...]:
    """The origins that an API lets in as it stands."""
    return api.cors_origins if api is not None and api.status == "active" else ()


def is_preflight(method: bytes, fields: Fields) -> bool:
    """Whether a request asks for leave instead of making a call."""
    return method == b"OPTIONS" and ORIGIN in fields.by_name and WANTED_METHOD in fields.by_name


def may_read(origin: bytes, of_api: tuple[str, ...], of_application: tuple[str, ...] = ()) -> bool:
    """Whether a page of this origin may read; an application that names no origin leaves it to the API."""
    text = origin.decode("latin-1")
    return (text in of_api or of_api == (ANY,)) and (not of_application or text in of_application)


def answer_lines(origin: bytes, of_api: tuple[str, ...], of_application: tuple[str, ...] = ()) -> bytes:
    """The header lines of an answer. Caches must keep apart what is read from different origins."""
    if not of_api:
        return b""
    if not origin or not may_read(origin, of_api, of_application):
        return _VARY
    return b"Access-Control-Allow-Origin: %b\r\n%b%b" % (origin, _EXPOSE, _VARY)


def preflight_answer(fields: Fields, of_api: tuple[str, ...], own: bytes) -> bytes:
    """A whole answer: 204, with leave or without."""
    return head(204, (*_leave(fields.by_name, of_api), _PREFLIGHT_VARY), own)


def _leave(by_name: dict[bytes, bytes], of_api: tuple[str, ...]) -> Headers:
    """Method and field names are allowed as asked: the call itself is judged when it comes."""
    origin, method, names = by_name[ORIGIN], by_name[WANTED_METHOD], by_name.get(WANTED_HEADERS, b"")
    if not may_read(origin, of_api) or _METHOD.fullmatch(method) is None:
        return ()
    if names and (len(names) > _NAMES_MAX_BYTES or _NAMES.fullmatch(names) is None):
        return ()
    return (
        (b"Access-Control-Allow-Origin", origin),
        (b"Access-Control-Allow-Methods", method),
        *(((b"Access-Control-Allow-Headers", names),) if names else ()),
        (b"Access-Control-Max-Age", b"%d" % MAX_AGE_SECONDS),
    )
