"""Steps 2 to 5 of a call: match, authenticate, authorise, life cycle. Only reading missing records waits."""

from collections.abc import Awaitable, Callable

from contract.dpop import Proof
from contract.records import Operation
from gateway.attempts import Attempts
from gateway.authorise import (
    refuse_foreign_network,
    refuse_invalid_identity,
    refuse_quarantined,
    refuse_suspended,
    refuse_uncovered,
    refuse_unscoped,
    shows,
    unauthenticated,
)
from gateway.call import Call
from gateway.conditions import refuse_conditional_write
from gateway.cors import let_in
from gateway.credentials import Presented
from gateway.grants import Grant, Grants, Identity, router
from gateway.lifecycle import Lives, refuse_over
from gateway.records_cache import RecordsCache, Unavailable
from gateway.refusal import Refused
from gateway.refused_parameters import refuse_parameters
from gateway.restricting import Restricting
from gateway.restrictions import Restrictions
from gateway.routes import Route, Routes
from gateway.routing import Match
from gateway.tokens.access_token import digest_token
from gateway.tokens.checking import TokenChecks
from gateway.tokens.proofs import Proofs, spent_with
from gateway.upgrade import refuse_upgrade

_JOINS_MAX = 8


class Policy:
    """Decides what a call may do; `bases` are the public addresses of gateway and portal."""

    def __init__(
        self,
        cache: RecordsCache,
        routes: Routes,
        attempts: Attempts,
        restrictions: Restrictions,
        *,
        now_ms: Callable[[], int],
        gateway_id: str,
        bases: tuple[str, str],
        proofs: Proofs,
    ) -> None:
        self._cache = cache
        self._grants = Grants(cache, now_ms)
        self._routes = routes
        self._attempts = attempts
        self._tokens = TokenChecks(cache, attempts, now_ms=now_ms, bases=bases)
        self._proofs = proofs
        self._asking: set[str] = set()
        self._restrictions = restrictions
        self._restricting = Restricting(restrictions, routes)
        self._now_ms = now_ms
        self._gateway_id = gateway_id
        self._lives = Lives(*bases)

    async def decide(self, call: Call, presented: Presented) -> tuple[Grant, Route]:
        """The grant and route of a call. Raises Refused and Unavailable."""
        slug, version_name, rest = path_parts(call.target.path)
        digest = presented.digest or self._bound_digest(call, presented)
        grant = self._grants.find(digest, slug, version_name)
        if grant is None:
            if presented.token:
                grant = await self._look_up_token(call.address, digest, presented.token, slug, version_name)
            else:
                grant = await self._look_up(call.address, digest, slug, version_name)
        now_ms, proof = self._identify(call, presented, grant)
        route = self._known_route(call, grant, rest) or await self._new_route(call, grant, rest)
        route = self._authorise(call, grant, route, now_ms)
        if proof is not None:
            call.own += self._proofs.renewal(proof, now_ms)
            route = route.with_limits(spent_with(route.limits, proof, call))
        return grant, route

    def decide_known(self, call: Call, presented: Presented) -> tuple[Grant, Route] | None:
        """As `decide`, of a credential with a digest; None where something would have to be read. Raises Refused."""
        slug, version_name, rest = path_parts(call.target.path)
        grant = self._grants.find(presented.digest, slug, version_name)
        if grant is None:
            return None
        now_ms, _ = self._identify(call, presented, grant)
        route = self._known_route(call, grant, rest)
        return (grant, self._authorise(call, grant, route, now_ms)) if route is not None else None

    def _identify(self, call: Call, presented: Presented, grant: Grant) -> tuple[int, Proof | None]:
        """Who calls, and at what time of Valkey's clock; opens the call's row. Raises Refused."""
        call.grant, call.row = grant, None
        now_ms = call.seen_ms or self._now_ms()
        if grant.identity is None:
            raise unauthenticated(sent=True)
        proof = self._proved(call, presented, grant.identity, now_ms) if presented.is_dpop else None
        if proof is None:
            refuse_invalid_identity(grant.identity, now_ms)
        self._admit_caller(call, grant, now_ms)
        return now_ms, proof

    def _admit_caller(self, call: Call, grant: Grant, now_ms: int) -> None:
        """What does not depend on the operation."""
        identity = grant.identity
        assert identity is not None
        call.open_row(grant, self._gateway_id).at_ms = now_ms
        if grant.api is not None and grant.api.cors_origins:
            call.allow_origin(let_in(grant.api), identity.application.cors_origins)
        refuse_suspended(identity.credential)
        refuse_foreign_network(identity.credential.networks, call.address)
        if grant.api is None or grant.api.status != "active":
            raise Refused("not-found")
        refuse_uncovered(grant.version, grant.subscribed)

    def _bound_digest(self, call: Call, presented: Presented) -> str:
        """The digest of a token that comes with a proof. Raises Refused for what can be no credential of ours."""
        if presented.token:
            return digest_token(presented.token)
        if presented.sent:
            self._attempts.take(call.address, "malformed")
        raise unauthenticated(sent=presented.sent)

    def _proved(self, call: Call, presented: Presented, identity: Identity, now_ms: int) -> Proof:
        """A token that counts for nobody is refused before its proof costs anything."""
        assert identity.token is not None
        refuse_invalid_identity(identity, now_ms, identity.token.thumbprint)
        if not identity.token.thumbprint:
            raise unauthenticated(sent=True, scheme="Bearer", why="The token is bound to no key.")
        return self._proofs.check(call, presented, identity, now_ms)

    async def _look_up_token(self, address: str, digest: str, text: str, slug: str, version_name: str) -> Grant:
        """Join for an access token that is ours and meant for this API. Raises Refused and Unavailable."""
        token = await self._tokens.check(address, digest, text, slug)
        return await self._join(lambda: self._grants.load_for_token(digest, token, slug, version_name))

    async def _look_up(self, address: str, digest: str, slug: str, version_name: str) -> Grant:
        """Join, throttled where the secret is not one that we know. Raises Refused and Unavailable."""
        secret = self._cache.get(("secret", digest))
        if digest in self._asking or (secret is not None and secret.record is not None):
            return await self._join(lambda: self._grants.load(digest, slug, version_name))
        return await self._look_up_first(address, digest, slug, version_name)

    async def _look_up_first(self, address: str, digest: str, slug: str, version_name: str) -> Grant:
        """Costs a token until the secret is known. Calls that bring the same one meanwhile wait for the same answer:
        after a restart they come by the hundred."""
        async with self._attempts.look_up(address, "unknown") as look_up:
            self._asking.add(digest)
            try:
                grant = await self._join(lambda: self._grants.load(digest, slug, version_name))
            finally:
                self._asking.discard(digest)
            look_up.in_vain = grant.identity is None
            return grant

    async def _join(self, load: Callable[[], Awaitable[Grant]]) -> Grant:
        for _ in range(_JOINS_MAX):
            grant = await load()
            if grant.is_fresh(self._cache.generation):
                return grant
        raise Unavailable

    def _authorise(self, call: Call, grant: Grant, route: Route, now_ms: int) -> Route:
        identity = grant.identity
        assert identity is not None
        assert call.row is not None
        refuse_quarantined(identity.credential, route.operation, call.method)
        if route.operation is not None:
            refuse_unscoped(route.operation, identity.credential.scopes)
            call.row.operation, call.row.cost = route.operation.id, route.operation.cost
        call.row.shadow = route.operation is None
        self._apply_lifecycle(call, grant, route, now_ms)
        route = self._restricting.restrict(call, grant, route, now_ms)
        _refuse_unservable(call, route)
        return route

    def _apply_lifecycle(self, call: Call, grant: Grant, route: Route, now_ms: int) -> None:
        life = self._lives.of(grant, route.operation)
        if life is not None:
            call.own += life.lines
            refuse_over(life, now_ms)

    def _known_route(self, call: Call, grant: Grant, rest: str) -> Route | None:
        """A route that was made before."""
        match = router(grant.version_cell).match(call.method.decode(), rest)
        if match is not None and match.operation is None:
            return None
        route: Route | None = grant.shared.routes.get(match.operation or "" if match is not None else "")
        return route

    async def _new_route(self, call: Call, grant: Grant, rest: str) -> Route:
        match = router(grant.version_cell).match(call.method.decode(), rest)
        assert grant.api is not None
        if match is None and grant.api.unmatched == "refuse":
            raise Refused("not-found")
        if match is not None and match.operation is None:
            raise await self._wrong_method(grant, match)
        operation_id = match.operation or "" if match is not None else ""
        route = grant.shared.routes[operation_id] = await self._make_route(grant, operation_id)
        return route

    async def _make_route(self, grant: Grant, operation_id: str) -> Route:
        if not operation_id:
            return self._routes.make(grant, None)
        cell = await self._grants.operation(grant, operation_id)
        if not self._is_shown(grant, cell.record):
            raise Refused("not-found")
        return self._routes.make(grant, cell)

    async def _wrong_method(self, grant: Grant, match: Match) -> Refused:
        """405 with the methods that the plan shows; 404 where it shows none."""
        shown = []
        for method, operation_id in match.others.items():
            if self._is_shown(grant, (await self._grants.operation(grant, operation_id)).record):
                shown += ["GET", "HEAD"] if method == "GET" else [method]
        if not shown:
            return Refused("not-found")
        return Refused("method-not-allowed", headers=((b"Allow", ", ".join(sorted(shown)).encode()),))

    @staticmethod
    def _is_shown(grant: Grant, operation: Operation | None) -> bool:
        return grant.subscribed is not None and shows(grant.subscribed.plan, operation)

    def assertion(self, grant: Grant) -> tuple[bytes, int]:
        """The identity assertion's header line, and until when it is used."""
        return self._routes.assertion(grant, self._now_ms())

    def is_current(self, call: Call, grant: Grant, route: Route) -> bool:
        """The second look: whether nothing that the decision rests on has changed or ended meanwhile."""
        life = self._lives.of(grant, route.operation)
        return (
            call.seen_ms < grant.ends_at_ms
            and (life is None or life.is_answering(call.seen_ms))
            and grant.is_fresh(self._cache.generation)
            and self._restricting.is_current(call, grant, route)
        )

    def holds_until_ms(self, call: Call, grant: Grant, route: Route) -> int:
        """Until when what was decided holds for all calls like this one, while no record changes; 0: for this only."""
        life = self._lives.of(grant, route.operation)
        if life is not None and life.brownouts:
            return 0
        until_ms = min(grant.ends_at_ms, self._restricting.steady_until_ms(call))
        return until_ms if life is None else min(until_ms, life.ends_at_ms)

    def holds(self, grant: Grant, restrictions: int) -> bool:
        """Whether no record has changed under a decision; `restrictions` is their generation at that time."""
        generation = self._cache.generation
        is_fresh = grant.generation == generation or grant.is_fresh(generation)
        return is_fresh and restrictions == self._restrictions.generation


def _refuse_unservable(call: Call, route: Route) -> None:
    assert call.fields is not None
    refuse_upgrade(call.fields)
    if route.refused_parameters and call.target.query:
        refuse_parameters(call.target.query, route.refused_parameters)
    if route.masker is not None:
        refuse_conditional_write(call.method, call.fields)


def path_parts(path: str) -> tuple[str, str, str]:
    """`/<api>/<version>/<rest>`: the rest begins with a slash."""
    parts = path.split("/", 3)
    if len(parts) == 4:
        return parts[1], parts[2], "/" + parts[3]
    return parts[1], parts[2] if len(parts) == 3 else "", "/"
