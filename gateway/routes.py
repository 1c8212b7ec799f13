"""A grant's route to one operation: its masker, its limits, where it goes. Made on first use, kept with the grant."""

from collections.abc import Callable

from contract.identity import LIFETIME_SECONDS, sign_claims, write_assertion
from contract.masking.declared import DeclaredFields
from contract.masking.masker import Masker
from contract.masking.rules import MaskRule, RuleError
from contract.records import Operation, Restriction, Version
from contract.schema_validators import SchemaError
from contract.sealed import SealBroken, open_headers
from contract.settings import Settings
from gateway.forward import header_lines
from gateway.grants import Grant
from gateway.imposed import Imposed
from gateway.limits import CallLimits, CompiledLimits
from gateway.masking_step import compile_rules, declared_fields, rules_for, without_required
from gateway.pool import Upstream, read_upstream
from gateway.records_cache import Cell
from gateway.refusal import Refused
from gateway.refused_parameters import refused_names
from gateway.upstream import AnswerMemory
from gateway.validation.step import RequestCheck, compiled_request

_ASSERTION_KEPT_MS = 60_000
_ASSERTIONS_MAX = 256
_MOMENT_MS = 1000
_HOLD_MARGIN_MS = 10_000
_MASKERS_MAX = 10_000
_LIMITS_MAX = 100


class Route:
    """`operation` is None for a shadow call. `lines` are header lines of ours that every request of it carries.

    `memory` is of the answers that its upstream gives. `check` is None where requests are not validated, `masker` where
    answers are neither masked nor filtered; with `declared` they are filtered. `refused_parameters` are those of
    gateway.refused_parameters.
    """

    __slots__ = (
        "check",
        "declared",
        "limits",
        "lines",
        "masker",
        "memory",
        "operation",
        "refused_parameters",
        "upstream",
    )

    def __init__(
        self,
        operation: Operation | None,
        masker: Masker | None,
        declared: DeclaredFields | None,
        limits: CallLimits,
        upstream: Upstream,
        lines: bytes,
        check: RequestCheck | None,
        refused_parameters: dict[str, str],
    ) -> None:
        self.operation = operation
        self.masker = masker
        self.declared = declared
        self.limits = limits
        self.upstream = upstream
        self.lines = lines
        self.check = check
        self.refused_parameters = refused_parameters
        self.memory = AnswerMemory()

    def with_limits(self, limits: CallLimits) -> "Route":
        """The same route for a call that spends something else."""
        kept = (self.upstream, self.lines, self.check, self.refused_parameters)
        return Route(self.operation, self.masker, self.declared, limits, *kept)


class Routes:
    """Makes routes. `report` gets one line for the operator where a record cannot be used."""

    def __init__(self, settings: Settings, report: Callable[[str], None]) -> None:
        self._settings = settings
        self._report = report
        self._assertions: dict[bytes, bytes] = {}
        self._signing_ms = 0

    def make(self, grant: Grant, cell: Cell | None) -> Route:
        """`cell` is the operation's. Raises Refused where a record asks for what we cannot do: closed, not open."""
        operation: Operation | None = cell.record if cell is not None else None
        version, identity = grant.version, grant.identity
        assert version is not None
        assert identity is not None
        upstream, lines = self._upstream(version, identity.credential.environment)
        consumer = f"X-Consumer-Id: {identity.application.id}\r\n".encode("ascii", "replace")
        masker, declared = self._masker(grant, operation), self._declared(grant, cell)
        limits, check = self._limits(grant, operation), self._check(grant, cell)
        refused = self._refused_parameters(grant, operation)
        return Route(operation, masker, declared, limits, upstream, lines + consumer, check, refused)

    def restricted(self, grant: Grant, route: Route, imposed: Imposed) -> Route:
        """The route with the masks and throttles of restrictions. Raises Refused where they cannot be used."""
        masker: Masker | None = route.masker
        limits: CallLimits = route.limits
        if imposed.masks:
            masker = self._masker(grant, route.operation, imposed.rules)
        if imposed.throttles:
            limits = self._limits(grant, route.operation, imposed.throttles)
        kept = (route.upstream, route.lines, route.check, route.refused_parameters)
        return Route(route.operation, masker, route.declared, limits, *kept)

    def _refused_parameters(self, grant: Grant, operation: Operation | None) -> dict[str, str]:
        assert grant.subscribed is not None
        assert grant.api is not None
        assert grant.version is not None
        place = {"api": grant.api.id, "version": grant.version.id, "operation": operation.id if operation else ""}
        return refused_names(grant.subscribed.plan.masks, **place)

    def _declared(self, grant: Grant, cell: Cell | None) -> DeclaredFields | None:
        """What a plan that filters keeps; of a shadow call nothing."""
        assert grant.subscribed is not None
        if not grant.subscribed.plan.filters_undeclared:
            return None
        try:
            return declared_fields(cell)
        except SchemaError as error:
            self._report(f"answers of an operation: {error}")
            raise Refused("response-withheld") from error

    def _check(self, grant: Grant, cell: Cell | None) -> RequestCheck | None:
        assert grant.api is not None
        mode = grant.api.validation
        if cell is None or mode == "off":
            return None
        try:
            return RequestCheck(compiled_request(cell), mode)
        except SchemaError as error:
            self._report(f"operation {cell.record.id}: {error}")
            if mode == "report":
                return None
            raise Refused("unavailable") from error

    def _upstream(self, version: Version, environment: str) -> tuple[Upstream, bytes]:
        url = version.upstream_url if environment == "live" else version.test_upstream_url
        if not url and environment == "test":
            raise Refused("no-test-upstream")
        try:
            upstream = read_upstream(url)
            own = header_lines(open_headers(version.upstream_headers, self._settings.secret_bytes("storage_key")))
        except (ValueError, SealBroken) as error:
            self._report(f"version {version.id}: {error}")
            raise Refused("upstream-unreachable") from error
        return upstream, b"Host: %b\r\n" % upstream.authority + own

    def _masker(self, grant: Grant, operation: Operation | None, imposed: tuple[MaskRule, ...] = ()) -> Masker | None:
        """Compiled once for all consumers, unless a rule hashes; `imposed` come to the plan's rules."""
        subscribed, version, api, identity = grant.subscribed, grant.version, grant.api, grant.identity
        assert subscribed is not None
        assert version is not None
        assert api is not None
        assert identity is not None
        operation_id = operation.id if operation else ""
        rules = rules_for(subscribed.plan.masks, api=api.id, version=version.id, operation=operation_id)
        rules += imposed if operation else without_required(imposed)
        subject = identity.application.id if any(rule.action == "hash" for rule in rules) else ""
        compiled = grant.plan_cell.compiled = grant.plan_cell.compiled or {}
        key = (version.id, operation_id, subject, imposed)
        if key not in compiled:
            if len(compiled) >= _MASKERS_MAX:
                compiled.clear()
            compiled[key] = self._compile(rules, subject, is_filtered=subscribed.plan.filters_undeclared)
        masker: Masker | None = compiled[key]
        return masker

    def _compile(self, rules: tuple[MaskRule, ...], subject: str, *, is_filtered: bool) -> Masker | None:
        hash_key = self._settings.secret_bytes("mask_hash_key")
        try:
            return compile_rules(rules, hash_key=hash_key, subject=subject, is_filtered=is_filtered)
        except RuleError as error:
            self._report(f"mask rule: {error}")
            raise Refused("response-withheld") from error

    def _limits(
        self, grant: Grant, operation: Operation | None, throttles: tuple[Restriction, ...] = ()
    ) -> CompiledLimits:
        cost = operation.cost if operation else 1
        key = (cost, throttles)
        if key not in grant.shared.limits:
            if len(grant.shared.limits) >= _LIMITS_MAX:
                grant.shared.limits.clear()
            subscribed, identity = grant.subscribed, grant.identity
            assert subscribed is not None
            assert identity is not None
            grant.shared.limits[key] = CompiledLimits(
                subscribed.plan.limits,
                slot=identity.organisation.slot,
                subject=f"{subscribed.subscription.id}:{identity.credential.environment}",
                cost=cost,
                anchor_ms=subscribed.subscription.anchor_ms,
                hold_ms=int(self._settings.upstream_total_seconds * 1000) + _HOLD_MARGIN_MS,
                organisation=identity.organisation.id,
                throttles=throttles,
            )
        return grant.shared.limits[key]

    def assertion(self, grant: Grant, now_ms: int) -> tuple[bytes, int]:
        """The identity assertion's header line, signed once a minute per grant, and until when it is used.

        Only the signature is kept with each, since the text would be a third of what a key takes in memory. A few texts
        are kept by their signatures.
        """
        key, signed_ms = self._settings.secret_bytes("identity_key"), grant.signed_ms
        if not signed_ms <= now_ms < signed_ms + _ASSERTION_KEPT_MS:
            grant.signed_ms = signed_ms = self._moment(now_ms)
            grant.signature = sign_claims(self._claims(grant, now_ms), key)
        line = self._assertions.get(grant.signature)
        if line is None:
            token = write_assertion(self._claims(grant, signed_ms), grant.signature, key)
            line = b"X-Portcullis-Identity: %b\r\n" % token.encode()
            if len(self._assertions) >= _ASSERTIONS_MAX:
                self._assertions.clear()
            self._assertions[grant.signature] = line
        return line, signed_ms + _ASSERTION_KEPT_MS

    def _moment(self, now_ms: int) -> int:
        """Now, or up to a second ago: all that is signed in between holds the same number, not one for each key."""
        if not self._signing_ms <= now_ms < self._signing_ms + _MOMENT_MS:
            self._signing_ms = now_ms
        return self._signing_ms

    def _claims(self, grant: Grant, now_ms: int) -> dict[str, object]:
        identity, api, subscribed = grant.identity, grant.api, grant.subscribed
        assert identity is not None
        assert api is not None
        assert subscribed is not None
        token = identity.token
        by_token = {"client_id": token.client, "sub": token.subject} if token is not None else {}
        return {
            "iss": self._settings.gateway_base,
            "sub": identity.application.id,
            "application": identity.application.id,
            "aud": api.id,
            "iat": now_ms // 1000,
            "exp": now_ms // 1000 + LIFETIME_SECONDS,
            "organisation": identity.organisation.id,
            "credential": identity.credential.id,
            "environment": identity.credential.environment,
            "plan": subscribed.plan.id,
            "scope": " ".join(identity.credential.scopes),
            **by_token,
        }
