"""One row of the call log, as it travels from the gateway through Valkey's stream to the database.

The row is written into the slot's hash of open calls at admission, with outcome `unknown`; completing replaces it with
the finished row in the stream. So what a dead gateway leaves behind is already a true row.
"""

from typing import Literal

import msgspec

Outcome = Literal["unknown", "answered", "withheld", "failed", "refused", "aborted"]
"""answered: the upstream's answer went out. withheld: a mask failed closed. failed: the upstream did (502, 504).
refused: the upstream never saw it; we said no, or the client left before (499). aborted: the client left before the
answer's end. unknown: the gateway died."""


class CallRow(msgspec.Struct, omit_defaults=True):
    """Times in microseconds, sizes in bytes, `at_ms` on Valkey's clock. `masked` lists the rule paths that hit.

    `request_id` is always ours; `client_request_id` is the one that a trusted proxy sent, which was passed on instead.
    `secret` is the public id of the secret that was used. `restriction`: the reference of the restriction that refused
    the call, or those that masked its answer, with spaces between.
    `user`: the end user by whose consent a client called; it is never shown to clients, who know people by other names.
    `bound`: it came with a token that is bound to the caller's key, and with a proof of that.
    `invalid`: it departs from the version's document. `undeclared` counts query parameters that the document lacks.
    """

    request_id: str
    at_ms: int
    organisation: str
    application: str
    credential: str
    environment: str
    gateway: str
    method: str
    path: str
    api: str = ""
    version: str = ""
    operation: str = ""
    plan: str = ""
    subscription: str = ""
    address: str = ""
    outcome: Outcome = "unknown"
    status: int = 0
    problem: str = ""
    upstream_status: int = 0
    duration_us: int = 0
    upstream_us: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    masked: tuple[str, ...] = ()
    cost: int = 1
    shadow: bool = False
    secret: str = ""
    user_agent: str = ""
    client_request_id: str = ""
    invalid: bool = False
    undeclared: int = 0
    restriction: str = ""
    user: str = ""
    bound: bool = False


encode_row = msgspec.json.Encoder().encode
_DECODER = msgspec.json.Decoder(CallRow)


def decode_row(stored: bytes) -> CallRow:
    """Raises msgspec.DecodeError (a ValueError) where the text is not a row."""
    return _DECODER.decode(stored)
