"""The published records: what the control plane tells the gateways, one record per thing.

A record stands in Valkey under `valkey_keys.record(kind, id)` as the text `<version> <json>`; `null` as its JSON is a
tombstone. Structs only grow, at the end, with defaults: two versions of the gateway run side by side during a deploy.
All times are milliseconds since the epoch, judged on Valkey's clock.
"""

from typing import Any, Literal, NamedTuple

import msgspec

from contract.answer_rules import AnswerRules
from contract.masking.rules import MaskRule
from contract.request_rules import RequestRules

Status = Literal["active", "suspended", "revoked"]
Validation = Literal["enforce", "report", "off"]


class Record(msgspec.Struct, frozen=True, gc=False):
    """Base of all published records. They hold no cycles, so that collecting garbage need not walk them."""


class Organisation(Record, frozen=True):
    """`organisation:<public id>`. `slot` (0–63) names the hash tag under which all its counters stand."""

    id: str
    slot: int
    status: Status = "active"


class Application(Record, frozen=True):
    """`application:<public id>`. `cors_origins`, where there are any, are the only ones that may read its answers."""

    id: str
    organisation: str
    status: Status = "active"
    cors_origins: tuple[str, ...] = ()


class Secret(Record, frozen=True):
    """`secret:<digest>`: one secret of a credential. A credential may have two during a rotation.

    `id` names it in the call log, so that calls are counted per secret; it is no part of the secret."""

    credential: str
    status: Status = "active"
    not_after_ms: int | None = None
    id: str = ""


class Credential(Record, frozen=True):
    """`credential:<public id>`. `networks` are CIDR texts; none means everywhere. `stub` is for people to read.

    `user` is the public id of the person who made it. `quarantined`: reported as leaked, it may only read, within its
    scopes. `debug`: its calls may ask where their time went. A `client` (OAuth 2) calls with access tokens alone;
    `requires_dpop`: with none but those that are bound to a key (RFC 9449)."""

    id: str
    application: str
    environment: Literal["test", "live"]
    scopes: tuple[str, ...] = ()
    status: Status = "active"
    expires_at_ms: int | None = None
    networks: tuple[str, ...] = ()
    stub: str = ""
    user: str = ""
    quarantined: bool = False
    debug: bool = False
    kind: Literal["key", "client"] = "key"
    requires_dpop: bool = False


class Extension(msgspec.Struct, frozen=True):
    """What one application has of its own in the life of a version, named by public id: a later sunset, which counts
    for all of the version's operations, and no brownouts where it `is_exempt`."""

    version: str
    sunset_at_ms: int | None = None
    is_exempt: bool = False


class Subscription(Record, frozen=True):
    """`subscription:<application>/<api>`: at most one per application and API, in one row for life."""

    id: str
    plan: str
    status: Status = "active"
    anchor_ms: int = 0
    extensions: tuple[Extension, ...] = ()


class Limit(msgspec.Struct, frozen=True):
    """One limit of a plan. `name` is its name in `RateLimit` headers.

    rate: `amount` calls per `period_seconds`, GCRA with `burst` (0 means `amount`). quota: `amount` per calendar or
    subscription-anchored `day`/`month`. concurrency: `amount` calls at once.
    """

    name: str
    kind: Literal["rate", "quota", "concurrency"]
    amount: int
    period_seconds: int = 0
    burst: int = 0
    window: Literal["", "day", "month"] = ""
    anchored: bool = False


class Mask(msgspec.Struct, frozen=True):
    """A mask rule and where it applies; an empty axis means all. `operation` is an operation's public id. `parameters`
    are query parameters that calls must not use there, since they would tell what is masked."""

    rule: MaskRule
    api: str = ""
    version: str = ""
    operation: str = ""
    parameters: tuple[str, ...] = ()


class Plan(Record, frozen=True):
    """`plan:<public id>`. `versions` are public ids of the versions it covers. `filters_undeclared`: answers keep only
    what the version's document declares."""

    id: str
    name: str
    versions: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    masks: tuple[Mask, ...] = ()
    status: Status = "active"
    filters_undeclared: bool = False


class Api(Record, frozen=True):
    """`api:<slug>`. `versions` maps the name in the path to the version's public id. `unmatched` says what becomes of
    undocumented paths: refused, or let through and recorded as shadow. `validation` says what becomes of requests that
    are not as the document says: refused, let through and recorded, or not even looked at. `cors_origins`: web pages
    that may read its answers (contract.origins), or `*` alone for all."""

    id: str
    slug: str
    versions: dict[str, str]
    unmatched: Literal["refuse", "shadow"] = "refuse"
    status: Status = "active"
    validation: Validation = "off"
    cors_origins: tuple[str, ...] = ()


class Brownout(msgspec.Struct, frozen=True):
    """From its start until before its end a version refuses all calls but those of exempt applications."""

    starts_at_ms: int
    ends_at_ms: int


class Version(Record, frozen=True):
    """`version:<public id>`. `operations` rows are (method, path template, operation public id): the routing table.

    `upstream_url` serves live credentials, `test_upstream_url` test ones (empty: refused). `upstream_headers` travels
    as ciphertext; the key is in the gateway's environment.
    """

    id: str
    api: str
    name: str
    state: Literal["draft", "live", "deprecated", "retired"]
    upstream_url: str
    test_upstream_url: str = ""
    operations: tuple[tuple[str, str, str], ...] = ()
    deprecated_at_ms: int | None = None
    sunset_at_ms: int | None = None
    successor: str = ""
    upstream_headers: str = ""
    brownouts: tuple[Brownout, ...] = ()


class Operation(Record, frozen=True):
    """`operation:<public id>`. `scope` empty means that any valid credential of a covering plan may call it.

    `request` is None where its document cannot be turned into rules; validation must then be off. `answers` is None
    where nothing is known to be declared. Its own dates count beside those of its version, the earlier one first.
    """

    id: str
    version: str
    method: str
    path: str
    scope: str = ""
    cost: int = 1
    request: RequestRules | None = None
    answers: AnswerRules | None = None
    deprecated_at_ms: int | None = None
    sunset_at_ms: int | None = None


class Throttle(msgspec.Struct, frozen=True):
    """`amount` calls per `period_seconds`, GCRA with `burst` (0 means `amount`), for one organisation together. Each
    call counts one, whatever it costs."""

    amount: int
    period_seconds: int
    burst: int = 0


class Window(msgspec.Struct, frozen=True):
    """On these weekdays (0 is Monday), from `starts_minute` until before `ends_minute` after midnight, both by the
    clock on the wall; 1440 is the next midnight."""

    weekdays: tuple[int, ...]
    starts_minute: int
    ends_minute: int


class Requirement(msgspec.Struct, frozen=True):
    """What a call must have, see contract.requirements. Each part that is named must hold; of networks, roles and
    windows any one is enough.

    `networks` are CIDR texts. `dpop`: with a token that is bound to the caller's key (RFC 9449), which an API key never
    is. `roles`: what the person who made the credential is in its organisation now. `timezone` is an IANA name."""

    networks: tuple[str, ...] = ()
    dpop: bool = False
    roles: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    timezone: str = "UTC"


class Restriction(Record, frozen=True):
    """`restriction:<public id>`: withholds something from someone, see contract.restrictions for whom it concerns.

    Who × what × how × until when. An empty axis means all, several named ones must all fit; of `networks` any. All are
    public ids, `user` that of the person who made the credential (or gave a client its consent), `scope` the one that
    an operation asks for. `reference` and `advice` are public text, shown to whoever is refused. `throttle`, `masks`
    and `requirement` go with their `how`: one that requires withholds from whoever does not meet it, and of several
    that do, the one made first (`made_at_ms`) says so. In force from `starts_at_ms` until before `ends_at_ms`. A lifted
    one is a tombstone.
    """

    id: str
    how: Literal["block", "throttle", "mask", "require"]
    reference: str
    advice: str = ""
    organisation: str = ""
    application: str = ""
    credential: str = ""
    user: str = ""
    plan: str = ""
    networks: tuple[str, ...] = ()
    api: str = ""
    version: str = ""
    operation: str = ""
    scope: str = ""
    throttle: Throttle | None = None
    masks: tuple[MaskRule, ...] = ()
    starts_at_ms: int | None = None
    ends_at_ms: int | None = None
    requirement: Requirement | None = None
    made_at_ms: int = 0


class Member(Record, frozen=True):
    """`member:<organisation>/<user>`: what a person is in an organisation. Who has left it is a tombstone."""

    id: str
    role: str


class TokenKey(Record, frozen=True):
    """`token-key:<kid>`: a key that signs access tokens; `jwk` is its public half (RFC 7517).

    Tokens are checked with it from `not_before_ms` until before `not_after_ms` (None: its end is not known yet). It is
    published before it signs, and stays until the last token that it signed has expired."""

    id: str
    jwk: dict[str, str]
    not_before_ms: int = 0
    not_after_ms: int | None = None


class Consent(Record, frozen=True):
    """`consent:<public id>`: what an end user lets a client do for them. `credential` is the client's public id,
    `user` the end user's."""

    id: str
    credential: str
    user: str
    scopes: tuple[str, ...] = ()
    status: Literal["active", "revoked"] = "active"


class Account(Record, frozen=True):
    """`account:<public id>`: an end user, who has no organisation."""

    id: str
    status: Status = "active"


class RevokedToken(Record, frozen=True):
    """`token:<jti>`: an access token that was revoked; it expires at `ends_at_ms`. No record: not revoked."""

    id: str
    ends_at_ms: int


KINDS: dict[str, type[Record]] = {
    "organisation": Organisation,
    "application": Application,
    "secret": Secret,
    "credential": Credential,
    "subscription": Subscription,
    "plan": Plan,
    "api": Api,
    "version": Version,
    "operation": Operation,
    "restriction": Restriction,
    "member": Member,
    "token-key": TokenKey,
    "consent": Consent,
    "account": Account,
    "token": RevokedToken,
}
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(struct | None) for kind, struct in KINDS.items()
}


class Published(NamedTuple):
    """A record as read from Valkey: its version, and its body or None for a tombstone."""

    version: int
    body: Any


def encode_record(version: int, body: Record | None) -> bytes:
    """The stored text of a record."""
    return b"%d %b" % (version, msgspec.json.encode(body))


def decode_record(kind: str, stored: bytes) -> Published:
    """Raises ValueError (msgspec.DecodeError among them) where the text is not a record of this kind."""
    version, _, body = stored.partition(b" ")
    return Published(int(version), _DECODERS[kind].decode(body))
