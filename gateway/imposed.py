"""What restrictions do to one call: refuse it, count it once more, mask its answer."""

from typing import NamedTuple

from contract.masking.rules import MaskRule
from contract.records import Restriction
from contract.restrictions import is_in_force
from gateway.refusal import Refused


class Imposed(NamedTuple):
    """What is in force for a call, in the order of their ids."""

    blocks: tuple[Restriction, ...] = ()
    throttles: tuple[Restriction, ...] = ()
    masks: tuple[Restriction, ...] = ()

    @property
    def rules(self) -> tuple[MaskRule, ...]:
        """The mask rules that come to those of the plan."""
        return tuple(rule for one in self.masks for rule in one.masks)

    @property
    def mask_references(self) -> str:
        """As the call's row names them."""
        return " ".join(one.reference for one in self.masks)


NOTHING = Imposed()


def impose(selected: tuple[Restriction, ...], at_ms: int) -> Imposed:
    """Sort what is in force by what it does. What does not say how much, or which fields, withholds all: it blocks."""
    if not selected:
        return NOTHING
    blocks, throttles, masks = [], [], []
    for one in selected:
        if not is_in_force(one, at_ms):
            continue
        if one.how == "throttle" and one.throttle is not None:
            throttles.append(one)
        elif one.how == "mask" and one.masks:
            masks.append(one)
        else:
            blocks.append(one)
    return Imposed(tuple(blocks), tuple(throttles), tuple(masks))


def refuse_blocked(imposed: Imposed) -> None:
    """Raises Refused("restricted") with the public reference, never the reason."""
    if imposed.blocks:
        raise Refused("restricted", extra=public_words(imposed.blocks[0]))


def public_words(restriction: Restriction) -> dict[str, str]:
    """What a problem says of the restriction behind it."""
    advice = {"advice": restriction.advice} if restriction.advice else {}
    return {"restriction": restriction.reference, **advice}
