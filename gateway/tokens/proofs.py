"""DPoP proofs (RFC 9449, section 7): the caller holds the key to which the token is bound, now and for this request.

A proof serves one admitted call: it is spent with the call's limits, in one script, so that a call which is refused or
undone leaves its proof unspent.
"""

from typing import NamedTuple

import msgspec

from contract.dpop import REMEMBERED_SECONDS, Nonces, Proof, fault, read_proof
from contract.jws import JwsError
from contract.valkey_keys import proof as proof_key
from gateway.attempts import Attempts
from gateway.call import Call
from gateway.credentials import Presented
from gateway.grants import Identity
from gateway.limits import CallLimits
from gateway.refusal import Challenge, Refused

_ONCE = 4
_KEPT_MS = REMEMBERED_SECONDS * 1000
_NUMBERS = 3
_encode, _decode = msgspec.msgpack.encode, msgspec.msgpack.decode


class Proofs:
    """Looks at proofs; `nonce_key` is shared by all gateways. Bad proofs for one token, from one network, are
    throttled before they cost more: nobody else's are."""

    def __init__(self, nonce_key: bytes, attempts: Attempts, gateway_base: str) -> None:
        self._nonces = Nonces(nonce_key, b"gateway")
        self._attempts = attempts
        self._base = gateway_base

    def check(self, call: Call, presented: Presented, identity: Identity, now_ms: int) -> Proof:
        """The proof that came with a call. Raises Refused."""
        assert identity.token is not None
        self._attempts.take(call.address, identity.token.id)
        try:
            proof = read_proof(presented.proof)
        except JwsError as error:
            raise _refused("The DPoP header holds no valid proof.", str(error)) from None
        method, address = call.method.decode(), self._base + call.target.path
        wrong = fault(proof, method=method, address=address, now_ms=now_ms, token=presented.token)
        if not wrong and proof.thumbprint != identity.token.thumbprint:
            wrong = "the key is not the one that the token is bound to"
        if wrong:
            raise _refused(f"In the proof, {wrong}.")
        self._attempts.give_back(call.address, identity.token.id)
        self._judge_nonce(call, proof, identity, now_ms)
        return proof

    def _judge_nonce(self, call: Call, proof: Proof, identity: Identity, now_ms: int) -> None:
        """A client that must be bound needs a nonce of ours; whoever sends one must send a good one."""
        is_needed = identity.credential.requires_dpop or proof.nonce != ""
        if is_needed and not self._nonces.is_good(proof.nonce, now_ms):
            call.own += self._line(now_ms)
            why = "Make the proof anew, with the nonce of the DPoP-Nonce header."
            raise Refused("unauthenticated", detail=why, challenge=Challenge("DPoP", "use_dpop_nonce", "", why))

    def renewal(self, proof: Proof, now_ms: int) -> bytes:
        """The header line with the next nonce, before the one that was sent comes to its end (section 8.2)."""
        is_old = proof.nonce and proof.nonce != self._nonces.current(now_ms)
        return self._line(now_ms) if is_old else b""

    def _line(self, now_ms: int) -> bytes:
        return b"DPoP-Nonce: %b\r\n" % self._nonces.current(now_ms).encode()


def _refused(why: str, reason: str = "") -> Refused:
    challenge = Challenge("DPoP", "invalid_dpop_proof", "", why)
    return Refused("unauthenticated", detail=why, reason=reason, challenge=challenge)


class SpentProof(NamedTuple):
    """The limits of a call, and its proof with them, as admission wants them."""

    limits: CallLimits
    proof_key: str
    call_id: str

    @property
    def keys(self) -> tuple[str, ...]:
        """In the order of the specs."""
        return (*self.limits.keys, self.proof_key)

    @property
    def held(self) -> tuple[str, ...]:
        """A proof stays spent when the call is over."""
        return self.limits.held

    def specs(self, now_ms: int) -> bytes:
        """The specs in MessagePack."""
        return _encode([*_decode(self.limits.specs(now_ms)), [_ONCE, self.call_id, _KEPT_MS]])

    def lines(self, numbers: list[int]) -> bytes:
        """Proofs are none of the limits that callers are told of."""
        return self.limits.lines(numbers[:-_NUMBERS])

    def refusal(self, numbers: list[int]) -> Refused:
        """A proof that was taken before goes before a limit: who replays learns nothing of limits."""
        if numbers[-1] > 0:
            return Refused("proof-replayed", challenge=Challenge("DPoP", "invalid_dpop_proof"))
        return self.limits.refusal(numbers[:-_NUMBERS])


def spent_with(limits: CallLimits, proof: Proof, call: Call) -> SpentProof:
    """Spend the proof together with the limits."""
    return SpentProof(limits, proof_key(call.slot, proof.digest), call.request_id)
