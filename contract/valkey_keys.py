"""Every Valkey key that we use, by function, and how long each lives. Nothing else names keys.

Keys of one organisation share the hash tag of its slot, so that admission stays one atomic script on a cluster.
"""

from functools import cache

SLOTS = 64

#: Stream of (n: record name, v: version): what changed, in the order in which gateways must drop it.
FEED = "pc:feed"
FEED_MAX_LENGTH = 100_000
#: Random text that marks a complete data set, together with the server's run id under which it was written.
EPOCH = "pc:epoch"
#: Sorted set of gateway ids by the milliseconds of their last heartbeat.
GATEWAYS = "pc:gateways"
GATEWAY_BEAT_SECONDS = 1
GATEWAY_DEAD_AFTER_SECONDS = 5
#: Stream of (g: gateway, p: feed position applied, at: milliseconds): receipts are read from it.
RECEIPTS = "pc:receipts"
RECEIPTS_MAX_LENGTH = 20_000
#: Hash of "network|reason|minute" to a count: refusals of strangers.
STRANGERS = "pc:strangers"
STRANGERS_TTL_SECONDS = 7 * 24 * 3600
#: Pub/sub channel: the application id of calls that have just been written to the log.
ARRIVALS = "pc:arrivals"
#: Sorted set of the ids of restrictions that are not lifted, by the milliseconds at which they end (+inf: never).
RESTRICTIONS = "pc:{restrictions}"
RESTRICTIONS_MAX = 10_000


def record(kind: str, record_id: str) -> str:
    """A published record, see contract.records. Restrictions stand in the slot of the set that names them."""
    return f"{RESTRICTIONS}:{record_id}" if kind == "restriction" else f"pc:r:{kind}:{record_id}"


def token_proof(digest: str) -> str:
    """A DPoP proof that the token endpoint has taken; it lives for contract.dpop.REMEMBERED_SECONDS."""
    return f"pc:proof:{digest}"


def slot_of(organisation_number: int) -> int:
    """The slot of an organisation, from its database number."""
    return organisation_number % SLOTS


@cache
def open_calls(slot: int) -> str:
    """Hash of call id to the call's row as it stands while the call is open (outcome unknown)."""
    return f"{{s{slot}}}:open"


@cache
def call_stream(slot: int) -> str:
    """Stream of finished calls, one self-contained row each (field r)."""
    return f"{{s{slot}}}:calls"


def proof(slot: int, digest: str) -> str:
    """The call that a DPoP proof was taken for, see contract.dpop."""
    return f"{{s{slot}}}:proof:{digest}"


def counter(slot: int, subject: str, limit: str) -> str:
    """A limit's counter; subject is `<subscription>:<environment>`. Quotas append `:<window start>` themselves."""
    return f"{{s{slot}}}:n:{subject}:{limit}"
