"""Join published records into a grant: all that decides what one credential may do with one version of one API.

A grant keeps the cells it was joined from and is used only while all of them are fresh.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from contract.records import Api, Application, Credential, Organisation, Plan, Secret, Subscription, Version
from gateway.limits import CompiledLimits
from gateway.records_cache import Cell, RecordsCache
from gateway.routing import Router
from gateway.shelves import Shelves
from gateway.tokens.access_token import AccessToken
from gateway.tokens.endings import Endings
from gateway.tokens.narrowing import Behind, as_secret, begun_by, narrow

SLUG = re.compile(r"[0-9A-Za-z._~\-]{1,64}")
NEVER_MS = 1 << 62
_NOTHING = Cell(0, None)


class Identity(msgspec.Struct, eq=False, gc=False):
    """Who a secret belongs to. Whether that is still valid is decided per call.

    With an access token, `secret` stands for it and `credential` is its client, narrowed to what it may do. `role` is
    what the person who made the credential is in the organisation; empty where nobody is known there. There is one for
    each key in memory, and a struct is smaller than a tuple.
    """

    secret: Secret
    credential: Credential
    application: Application
    organisation: Organisation
    token: AccessToken | None = None
    role: str = ""


class Subscribed(NamedTuple):
    """What the application subscribed to for this API."""

    subscription: Subscription
    plan: Plan


class Shared:
    """What all credentials of an application have in common for one version and environment: the records that it rests
    on, where calls go, what was subscribed to, and the routes, limits and lives that were made of them. Of `api`,
    `version` and `subscribed` there may be none."""

    __slots__ = ("api", "cells", "limits", "lives", "plan_cell", "routes", "subscribed", "version", "version_cell")

    def __init__(self) -> None:
        self.cells: set[Cell] = set()
        self.api: Api | None = None
        self.version: Version | None = None
        self.version_cell = self.plan_cell = _NOTHING
        self.subscribed: Subscribed | None = None
        self.routes: dict[str, Any] = {}
        self.limits: dict[Any, CompiledLimits] = {}
        self.lives: dict[str, Any] = {}

    @property
    def is_fresh(self) -> bool:
        """Whether none of its records changed."""
        return all(cell.fresh for cell in self.cells)


class Grant(msgspec.Struct, eq=False, gc=False):
    """`identity` is None for an unknown secret. There is one for each key in memory: what others have as
    well is shared.

    From `ends_at_ms` on, something in it is over by itself: the secret or the credential. `signature` is that of the
    identity assertion that was signed last, at `signed_ms`. A struct is smaller than a class with slots.
    """

    generation: int
    cells: tuple[Cell, ...] = ()
    shared: Shared = msgspec.field(default_factory=Shared)
    identity: Identity | None = None
    ends_at_ms: int = NEVER_MS
    signature: bytes = b""
    signed_ms: int = -NEVER_MS

    # What is shared, by shorter names.

    @property
    def api(self) -> Api | None:
        return self.shared.api

    @property
    def version(self) -> Version | None:
        return self.shared.version

    @property
    def version_cell(self) -> Cell:
        return self.shared.version_cell

    @property
    def plan_cell(self) -> Cell:
        return self.shared.plan_cell

    @property
    def subscribed(self) -> Subscribed | None:
        return self.shared.subscribed

    def is_fresh(self, generation: int) -> bool:
        """Whether none of its records changed; `generation` is the cache's."""
        if self.generation == generation:
            return True
        if all(cell.fresh for cell in self.cells) and self.shared.is_fresh:
            self.generation = generation
            return True
        return False


class Grants:
    """Grants in memory, by digest (of a key or an access token), API slug and version name."""

    def __init__(self, cache: RecordsCache, now_ms: Callable[[], int]) -> None:
        self._cache = cache
        self._now_ms = now_ms
        self._endings = Endings()
        #: A key has two records of its own.
        self._grants: Shelves[tuple[str, str], Grant] = Shelves(max(cache.max_records // 2, 1))
        self._shared: dict[tuple[str, str, str, str], Shared] = {}

    def find(self, digest: str, slug: str, version_name: str) -> Grant | None:
        """A fresh grant, or None where it has to be loaded."""
        grant = self._grants.get((slug, version_name), digest)
        return grant if grant is not None and grant.is_fresh(self._cache.generation) else None

    async def load(self, digest: str, slug: str, version_name: str) -> Grant:
        """Join a grant, reading what is missing in a few rounds. Raises Unavailable."""
        grant = Grant(-1)
        secret, api = await self._load(("secret", digest), ("api", slug if SLUG.fullmatch(slug) else ""))
        grant.cells = (secret,)
        grant.shared.cells.add(api)
        if secret.record is None:
            return grant
        version_id = _version_id(api, version_name)
        credential, version = await self._load(("credential", secret.record.credential), ("version", version_id))
        grant.cells = (secret, credential)
        _place(grant, api, version)
        if credential.record is not None and credential.record.kind == "key":
            await self._join_owner(grant, secret.record, credential.record, credential.record.user)
            self._share(grant, slug, version_id, credential.record)
        self._keep(digest, slug, version_name, grant)
        return grant

    async def load_for_token(self, digest: str, token: AccessToken, slug: str, version_name: str) -> Grant:
        """Join a grant for an access token whose signature was checked. Raises Unavailable."""
        grant = Grant(-1)
        key, revoked, consent, credential, api = await self._load(
            ("token-key", token.key_id),
            ("token", token.id),
            ("consent", token.consent),
            ("credential", token.client),
            ("api", slug),
        )
        version_id = _version_id(api, version_name)
        account, version = await self._load(("account", _of(consent, "user")), ("version", version_id))
        grant.cells = (key, revoked, consent, account, credential)
        _place(grant, api, version)
        if credential.record is not None and credential.record.kind == "client":
            behind = Behind(key.record, revoked.record is not None, consent.record, account.record)
            client = narrow(credential.record, token, consent.record)
            maker = credential.record.user
            await self._join_owner(grant, as_secret(token, behind), client, maker, begun_by(token, behind))
            self._share(grant, slug, version_id, client)
        self._keep(digest, slug, version_name, grant)
        self._endings.note(token, (digest, slug, version_name))
        self._forget_ended()
        return grant

    def _forget_ended(self) -> None:
        for token_id, (digest, slug, version_name) in self._endings.ended(self._now_ms()):
            self._grants.pop((slug, version_name), digest)
            self._cache.discard(("token", token_id))

    def _share(self, grant: Grant, slug: str, version_id: str, credential: Credential) -> None:
        """Rest on what others of the same application rest on, where it is still good; else on what was joined now."""
        key = (slug, version_id, credential.application, credential.environment)
        known = self._shared.get(key)
        if known is not None and known.is_fresh:
            grant.shared = known
            return
        if len(self._shared) >= self._grants.most:
            self._shared.clear()
        self._shared[key] = grant.shared

    async def _join_owner(
        self, grant: Grant, secret: Secret, credential: Credential, maker: str, token: AccessToken | None = None
    ) -> None:
        api_id = grant.api.id if grant.api else ""
        subscription_name = f"{credential.application}/{api_id}" if api_id else ""
        application, subscription = await self._load(
            ("application", credential.application), ("subscription", subscription_name)
        )
        owner = _of(application, "organisation")
        organisation, plan, member = await self._load(
            ("organisation", owner),
            ("plan", _of(subscription, "plan")),
            ("member", f"{owner}/{maker}" if maker else ""),
        )
        grant.cells = (*grant.cells, member)
        grant.shared.cells |= {application, subscription, organisation, plan}
        if application.record is not None and organisation.record is not None:
            role = _of(member, "role")
            grant.identity = Identity(secret, credential, application.record, organisation.record, token, role)
            ends = (secret.not_after_ms, credential.expires_at_ms)
            grant.ends_at_ms = min((end for end in ends if end is not None), default=NEVER_MS)
        if subscription.record is not None and plan.record is not None:
            grant.shared.subscribed, grant.shared.plan_cell = Subscribed(subscription.record, plan.record), plan

    async def _load(self, *names: tuple[str, str]) -> list[Cell]:
        """Cells by name; an empty id stands for no record."""
        wanted = [name for name in names if name[1]]
        found = dict(zip(wanted, await self._cache.load(*wanted), strict=True)) if wanted else {}
        return [found.get(name, _NOTHING) for name in names]

    def _keep(self, digest: str, slug: str, version_name: str, grant: Grant) -> None:
        while len(self._grants) >= self._grants.most:
            self._grants.pop(*self._grants.oldest())
        self._grants.put((slug, version_name), digest, grant)

    async def operation(self, grant: Grant, operation_id: str) -> Cell:
        """An operation's cell, noted in the grant. Raises Unavailable."""
        (cell,) = await self._load(("operation", operation_id))
        grant.shared.cells.add(cell)
        return cell


def router(version_cell: Cell) -> Router:
    """The compiled router of a version, kept with its record."""
    if version_cell.compiled is None:
        version_cell.compiled = {}
    if "router" not in version_cell.compiled:
        version_cell.compiled["router"] = Router(version_cell.record.operations)
    compiled: Router = version_cell.compiled["router"]
    return compiled


def _version_id(api: Cell, version_name: str) -> str:
    return api.record.versions.get(version_name, "") if api.record is not None else ""


def _place(grant: Grant, api: Cell, version: Cell) -> None:
    """Where the call goes."""
    shared = grant.shared
    shared.cells |= {api, version}
    shared.api, shared.version, shared.version_cell = api.record, version.record, version


def _of(cell: Cell, field: str) -> str:
    value: str = getattr(cell.record, field) if cell.record is not None else ""
    return value
