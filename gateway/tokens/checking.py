"""Check a token's signature once. What was found is kept by the token's digest; whether it counts is judged per call.

What can be refused without a signature check, is. A check costs the network an attempt, which comes back where the
token is good: a flood of forged tokens is throttled before it costs more than reading them.
"""

from collections.abc import Callable
from typing import NamedTuple

from contract.access_tokens import audience
from contract.jws import Jws, JwsError, PublicKey, check, read_public_key
from contract.records import TokenKey
from gateway.attempts import Attempts
from gateway.authorise import EXPIRED, unauthenticated
from gateway.records_cache import Cell, RecordsCache
from gateway.tokens.access_token import AccessToken, read_access_token

_CHECKED_MAX = 20_000


class Checked(NamedTuple):
    """A token whose signature is that of the key in `jwk`."""

    token: AccessToken
    jwk: dict[str, str]


class TokenChecks:
    """One per worker; `bases` are the public addresses of gateway and portal."""

    def __init__(
        self, cache: RecordsCache, attempts: Attempts, *, now_ms: Callable[[], int], bases: tuple[str, str]
    ) -> None:
        self._cache = cache
        self._attempts = attempts
        self._now_ms = now_ms
        self._gateway_base, self._issuer = bases
        self._checked: dict[str, Checked] = {}
        self._asking: set[str] = set()

    async def check(self, address: str, digest: str, text: str, slug: str) -> AccessToken:
        """The token, if it was made by one of our keys for this API. Raises Refused and Unavailable."""
        known = self._checked.pop(digest, None)
        if known is not None and await self._is_of_same_key(known):
            self._keep(digest, known)
            return self._for_api(known.token, slug)
        token, jws = self._read(address, text)
        cell = await self._key_cell(address, token.key_id)
        if cell.record is None:
            raise unauthenticated(sent=True, reason="unknown key")
        self._check_signature(address, jws, cell)
        self._keep(digest, Checked(token, cell.record.jwk))
        return self._for_api(token, slug)

    async def _is_of_same_key(self, known: Checked) -> bool:
        (cell,) = await self._cache.load(("token-key", known.token.key_id))
        key: TokenKey | None = cell.record
        return key is not None and key.jwk == known.jwk

    def _read(self, address: str, text: str) -> tuple[AccessToken, Jws]:
        """What is not from our server, or is over, needs no signature to be refused."""
        why, reason = "", "another issuer"
        try:
            token, jws = read_access_token(text)
            why = EXPIRED if self._now_ms() >= token.ends_at_ms else ""
            if token.issuer == self._issuer and not why:
                return token, jws
        except JwsError as error:
            reason = str(error)
        self._attempts.take(address, "malformed")
        raise unauthenticated(sent=True, why=why, reason=why or reason)

    async def _key_cell(self, address: str, key_id: str) -> Cell:
        """Made-up names cannot buy look-ups; calls that bring the same name meanwhile wait for the same answer."""
        name = ("token-key", key_id)
        known = self._cache.get(name)
        if key_id in self._asking or (known is not None and known.record is not None):
            return (await self._cache.load(name))[0]
        async with self._attempts.look_up(address, "unknown") as look_up:
            self._asking.add(key_id)
            try:
                (cell,) = await self._cache.load(name)
            finally:
                self._asking.discard(key_id)
            look_up.in_vain = cell.record is None
            return cell

    def _check_signature(self, address: str, jws: Jws, cell: Cell) -> None:
        self._attempts.take(address, "token")
        try:
            check(jws, _public_key(cell))
        except JwsError as error:
            raise unauthenticated(sent=True, reason=str(error)) from None
        self._attempts.give_back(address, "token")

    def _for_api(self, token: AccessToken, slug: str) -> AccessToken:
        if token.audience != audience(self._gateway_base, slug):
            raise unauthenticated(sent=True, why="The token is for another API.")
        return token

    def _keep(self, digest: str, checked: Checked) -> None:
        """Those not asked for the longest are forgotten first."""
        if len(self._checked) >= _CHECKED_MAX:
            del self._checked[next(iter(self._checked))]
        self._checked[digest] = checked


def _public_key(cell: Cell) -> PublicKey:
    """The key, kept with its record. Raises JwsError."""
    if cell.compiled is None:
        cell.compiled = {"key": read_public_key(cell.record.jwk)}
    key: PublicKey = cell.compiled["key"]
    return key
