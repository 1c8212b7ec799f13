"""Step 5 of a call: the version's life on this application's dates (contract.lifecycle), judged on Valkey's clock."""

from contract.lifecycle import NO_EXTENSION, Life, life_of, utc
from contract.records import Operation
from gateway.grants import Grant
from gateway.refusal import Refused


class Lives:
    """Lives by grant and operation, kept with what the grant shares. `gateway_base` and `portal_base` are public."""

    def __init__(self, gateway_base: str, portal_base: str) -> None:
        self._bases = gateway_base, portal_base

    def of(self, grant: Grant, operation: Operation | None) -> Life | None:
        """None where there is nothing to say: live, without any date."""
        lives, key = grant.shared.lives, operation.id if operation is not None else ""
        if key not in lives:
            assert grant.api is not None
            assert grant.version is not None
            known = grant.subscribed.subscription.extensions if grant.subscribed is not None else ()
            extension = next((one for one in known if one.version == grant.version.id), NO_EXTENSION)
            lives[key] = life_of(grant.api, grant.version, operation, extension, *self._bases)
        life: Life | None = lives[key]
        return life


def refuse_over(life: Life, now_ms: int) -> None:
    """Raises Refused: `version-retired`, `operation-retired` or `version-brownout`."""
    if now_ms >= life.ends_at_ms:
        raise Refused(life.problem, extra=dict(life.words))
    brownout = life.brownout_at(now_ms)
    if brownout is not None:
        left_seconds = -((now_ms - brownout.ends_at_ms) // 1000)
        raise Refused(
            "version-brownout",
            headers=((b"Retry-After", b"%d" % left_seconds),),
            extra={"ends_at": utc(brownout.ends_at_ms), **life.words},
        )
