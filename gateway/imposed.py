"""What restrictions do to one call: refuse it, count it once more, mask its answer."""

from typing import NamedTuple

from contract.masking.rules import MaskRule
from contract.records import Restriction
from contract.requirement_words import public_words
from contract.requirements import Part, named, next_turn_ms, unmet
from contract.restrictions import Facts, is_in_force
from gateway.refusal import Challenge, Refused

_UNBOUND = Challenge("DPoP", "invalid_token", "", "The call must come with a token that is bound to a key.")


class Unmet(NamedTuple):
    """A condition, and what the call lacks of it."""

    condition: Restriction
    parts: tuple[Part, ...]


class Imposed(NamedTuple):
    """What is in force for a call, in the order of their ids; of conditions, those that it does not meet."""

    blocks: tuple[Restriction, ...] = ()
    throttles: tuple[Restriction, ...] = ()
    masks: tuple[Restriction, ...] = ()
    unmet: tuple[Unmet, ...] = ()

    @property
    def rules(self) -> tuple[MaskRule, ...]:
        """The mask rules that come to those of the plan."""
        return tuple(rule for one in self.masks for rule in one.masks)

    @property
    def mask_references(self) -> str:
        """As the call's row names them."""
        return " ".join(one.reference for one in self.masks)


NOTHING = Imposed()


def impose(selected: tuple[Restriction, ...], facts: Facts) -> Imposed:
    """Sort what is in force at the call's moment by what it does."""
    if not selected:
        return NOTHING
    by_act: dict[str, list[Restriction]] = {act: [] for act in _ACTS}
    for one in selected:
        if is_in_force(one, facts.at_ms):
            by_act[_act(one)].append(one)
    blocks, throttles, masks, conditions = map(tuple, by_act.values())
    return Imposed(blocks, throttles, masks, tuple(found for one in conditions if (found := _unmet(one, facts)).parts))


_ACTS = ("block", "throttle", "mask", "require")


def _act(one: Restriction) -> str:
    """What does not say how much, which fields, or what it requires, withholds all: it blocks."""
    says_what = {
        "throttle": one.throttle is not None,
        "mask": bool(one.masks),
        "require": one.requirement is not None and bool(named(one.requirement)),
    }
    return one.how if says_what.get(one.how) else "block"


def _unmet(condition: Restriction, facts: Facts) -> Unmet:
    assert condition.requirement is not None
    return Unmet(condition, unmet(condition.requirement, facts))


def steady_until_ms(selected: tuple[Restriction, ...], at_ms: int) -> int:
    """Until when the clock changes nothing for calls like this one; 0 where more than conditions concern them."""
    if any(_act(one) != "require" for one in selected):
        return 0
    turns = [(one.starts_at_ms, one.ends_at_ms, _turn(one, at_ms)) for one in selected]
    return min((turn for each in turns for turn in each if turn is not None and turn > at_ms), default=1 << 62)


def _turn(condition: Restriction, at_ms: int) -> int | None:
    assert condition.requirement is not None
    return next_turn_ms(condition.requirement, at_ms)


def refuse_withheld(imposed: Imposed) -> None:
    """Raises Refused with the public reference, never the reason: a block before a condition, and of conditions the one
    that was made first, so that another one changes nothing for a call that was refused already."""
    if imposed.blocks:
        raise Refused("restricted", extra=reference_and_advice(imposed.blocks[0]))
    if imposed.unmet:
        raise _refusal(min(imposed.unmet, key=lambda one: (one.condition.made_at_ms, one.condition.id)))


def _refusal(unmet: Unmet) -> Refused:
    """401 where a bound token is missing (RFC 9449, section 7.1), whatever else is; else 403."""
    condition, parts = unmet
    assert condition.requirement is not None
    detail = f"What is needed: {'; '.join(public_words(condition.requirement, parts))}."
    extra = reference_and_advice(condition)
    if "dpop" in parts:
        return Refused("sender-constraint-required", detail=detail, extra=extra, challenge=_UNBOUND)
    return Refused("condition-not-met", detail=detail, extra=extra)


def reference_and_advice(restriction: Restriction) -> dict[str, str]:
    """What a problem says of the restriction behind it."""
    advice = {"advice": restriction.advice} if restriction.advice else {}
    return {"restriction": restriction.reference, **advice}
