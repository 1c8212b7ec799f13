"""One call on its way through the gateway: what is known of it, and its row in the call log."""

import re
import time

from contract.calls import CallRow, Outcome, encode_row
from contract.key_format import SCANNER_REGEX
from contract.records import Restriction
from gateway.cors import ORIGIN, answer_lines
from gateway.grants import Grant
from gateway.imposed import NOTHING
from gateway.limits import CallLimits
from gateway.path import Target
from gateway.steps import UPSTREAM, Steps
from gateway.strict import Fields
from gateway.verdict import Verdict

_SECRET = re.compile(SCANNER_REGEX + r"|eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*")
_PATH_MAX_CHARACTERS = 1024
_AGENT_MAX_BYTES = 200


class Call:
    """`row` exists from the moment the caller is known. `own` are the header lines that any answer gets.

    `imposed` is what restrictions do to it: those in force of the `selected`, which are of one generation of them.
    `seen_ms` is Valkey's time at its last admission: a decision anew is made on that, because our own clock may be a
    moment off.
    """

    __slots__ = (
        "added_us",
        "address",
        "admitted",
        "always",
        "answered",
        "client_request_id",
        "closes",
        "cors",
        "fields",
        "forwarded_ns",
        "grant",
        "held",
        "imposed",
        "is_closed",
        "method",
        "own",
        "received_ns",
        "request_id",
        "row",
        "scheme",
        "seen_ms",
        "selected",
        "selected_from",
        "slot",
        "started_ns",
        "steps",
        "target",
    )

    def __init__(self, request_id: str, address: str) -> None:
        self.request_id = request_id
        self.address = address
        self.started_ns = time.perf_counter_ns()
        self.method = b""
        self.fields: Fields | None = None
        self.target = Target("", b"")
        self.grant: Grant | None = None
        self.row: CallRow | None = None
        self.slot = 0
        self.held: tuple[str, ...] = ()
        self.imposed = NOTHING
        self.selected: tuple[Restriction, ...] = ()
        self.selected_from = 0
        self.seen_ms = 0
        self.admitted = self.answered = self.is_closed = self.closes = False
        self.scheme = b"http"
        self.client_request_id = ""
        self.always = self.cors = b""
        self.steps: Steps | None = None
        self.forwarded_ns = self.received_ns = 0
        self.added_us = -1
        self.begin_own()

    @property
    def shown_id(self) -> str:
        """The id that client and upstream see."""
        return self.client_request_id or self.request_id

    def begin_own(self) -> None:
        """Begin with the header lines that every answer gets."""
        self.own = b"X-Request-Id: %b\r\n%b%b" % (self.shown_id.encode(), self.always, self.cors)
        if self.closes:
            self.own += b"Connection: close\r\n"

    def begin_anew(self, request_id: str) -> None:
        """Its admission was undone. The next one is under an id of its own, which undoing again would not meet."""
        self.request_id = request_id
        if self.row is not None:
            self.row.request_id = request_id
        self.admitted, self.held = False, ()
        self.begin_own()

    def allow_origin(self, of_api: tuple[str, ...], of_application: tuple[str, ...] = ()) -> None:
        """Begin anew with what a page of the request's origin may read."""
        assert self.fields is not None
        self.cors = answer_lines(self.fields.by_name.get(ORIGIN, b""), of_api, of_application)
        self.begin_own()

    def elapsed_us(self) -> int:
        """Microseconds since the request's head was read."""
        return (time.perf_counter_ns() - self.started_ns) // 1000

    def forward(self) -> None:
        """From here on the upstream takes the time."""
        self.forwarded_ns = time.perf_counter_ns()

    def receive(self) -> None:
        """What is needed of the upstream to begin the answer is there."""
        assert self.row is not None
        self.received_ns = time.perf_counter_ns()
        self.row.upstream_us = (self.received_ns - self.forwarded_ns) // 1000
        if self.steps is not None:
            self.steps.end(UPSTREAM)

    def begin_answer(self) -> None:
        """The answer begins to go out: so much of the time was ours."""
        self.answered = True
        self.added_us = (self.forwarded_ns - self.started_ns + time.perf_counter_ns() - self.received_ns) // 1000

    def timing(self) -> bytes:
        """Where the time went: for a known caller who asks with a key that may know, else nothing."""
        if self.steps is None or self.row is None or self.grant is None or self.grant.identity is None:
            return b""
        return self.steps.line() if self.grant.identity.credential.debug else b""

    def names(self) -> tuple[str, str]:
        """API and version by their published names; empty where there is none."""
        grant = self.grant
        api = grant.api.slug if grant is not None and grant.api is not None else ""
        return api, grant.version.name if grant is not None and grant.version is not None else ""

    def open_row(self, grant: Grant, gateway: str) -> CallRow:
        """Begin the row: the caller is known."""
        identity, fields = grant.identity, self.fields
        assert identity is not None
        assert fields is not None
        self.slot = identity.organisation.slot
        self.row = CallRow(
            request_id=self.request_id,
            at_ms=0,
            organisation=identity.organisation.id,
            application=identity.application.id,
            credential=identity.credential.id,
            environment=identity.credential.environment,
            gateway=gateway,
            method=self.method.decode(),
            path=shown_path(self.target.path),
            address=self.address,
            secret=identity.secret.id,
            client_request_id=self.client_request_id,
            user_agent=fields.by_name.get(b"user-agent", b"")[:_AGENT_MAX_BYTES].decode("latin-1"),
        )
        if identity.token is not None and identity.token.consent:
            self.row.user = identity.credential.user
        self.row.bound = identity.token is not None and identity.token.thumbprint != ""
        if grant.api is not None:
            self.row.api = grant.api.id
        if grant.version is not None:
            self.row.version = grant.version.id
        if grant.subscribed is not None:
            self.row.subscription, self.row.plan = grant.subscribed.subscription.id, grant.subscribed.plan.id
        return self.row

    def take_verdict(self, verdict: Verdict, limits: CallLimits) -> None:
        """Note what the admission script said."""
        assert self.row is not None
        self.row.at_ms = self.seen_ms = verdict.at_ms
        self.own += limits.lines(verdict.numbers)
        if verdict.admitted:
            self.admitted, self.held = True, limits.held

    def closed_row(self, outcome: Outcome, *, status: int, problem: str = "") -> bytes:
        """The finished row."""
        assert self.row is not None
        self.row.outcome, self.row.status, self.row.problem = outcome, status, problem
        self.row.duration_us = self.elapsed_us()
        return encode_row(self.row)


def shown_path(path: str) -> str:
    """A path as the log may show it: without keys and tokens, and not for ever."""
    return (_SECRET.sub("…", path) if "pc" in path or "eyJ" in path else path)[:_PATH_MAX_CHARACTERS]
