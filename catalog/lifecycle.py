"""The life of a version as a table: from which state to which, and what that needs.

draft → live → deprecated → (brownouts) → sunset → retired. Deprecation, brownouts and sunset come by themselves when
their times do; what people decide are the states. Each way leads back.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError

from catalog.models import State, Version


class Facts(NamedTuple):
    """What a move is judged by. `typed` is what was typed to confirm, `calls` those of the last seven days."""

    version: Version
    has_operations: bool
    calls: int
    typed: str


class Need(NamedTuple):
    """`words` say to people what is missing; `field` is the form's field beside which that stands, empty for none."""

    is_met: Callable[[Facts], bool]
    words: str
    field: str = ""


OPERATIONS = Need(lambda facts: facts.has_operations, "It has no operation: import its OpenAPI document first.")
OWNER = Need(
    lambda facts: bool(facts.version.api.owner),
    "An API without an owner does not go live: name its team and person.",
)
NAME = Need(
    lambda facts: not facts.calls or facts.typed == facts.version.name,
    "It is still called. Type its name to confirm.",
    "typed",
)


class Move(NamedTuple):
    """`label` is the button, `effect` what calls meet afterwards; `has_dates` asks for deprecation and sunset."""

    label: str
    effect: str
    needs: tuple[Need, ...] = ()
    has_dates: bool = False


_BACK = "Calls are answered again, at every gateway within a second."
_DATED = "Answers name the dates from now on. From the sunset on calls are answered 410, except where extended."
MOVES: dict[tuple[State, State], Move] = {
    (State.DRAFT, State.LIVE): Move("Go live", "Plans that cover it can call it.", (OPERATIONS, OWNER)),
    (State.LIVE, State.DRAFT): Move("Back to draft", "Calls are answered 404, as if it had never been.", (NAME,)),
    (State.LIVE, State.DEPRECATED): Move("Deprecate", _DATED, has_dates=True),
    (State.DEPRECATED, State.DEPRECATED): Move("Change its dates", _DATED, has_dates=True),
    (State.DEPRECATED, State.LIVE): Move("Keep it after all", "Its dates and coming brownouts are taken back."),
    (State.LIVE, State.RETIRED): Move("Retire now", "Calls are answered 410, except where extended.", (NAME,)),
    (State.DEPRECATED, State.RETIRED): Move("Retire now", "Calls are answered 410, except where extended.", (NAME,)),
    (State.RETIRED, State.DEPRECATED): Move("Bring back as deprecated", _BACK, has_dates=True),
    (State.RETIRED, State.LIVE): Move("Bring back", _BACK),
}


def moves_from(state: str) -> list[tuple[State, Move]]:
    """Where a version can go from a state, with the move."""
    return [(after, move) for (before, after), move in MOVES.items() if before == state]


def move_between(before: str, after: str) -> Move:
    """Raises ValidationError where there is no such way."""
    try:
        return MOVES[State(before), State(after)]
    except (KeyError, ValueError):
        raise ValidationError({"state": f"A version that is {before} does not become {after}."}) from None


def check_move(before: str, after: str) -> None:
    """Raises ValidationError where a state changes in a way that the table does not have."""
    if before != after:
        move_between(before, after)


def check_needs(move: Move, facts: Facts) -> None:
    """Raises ValidationError with all that is missing."""
    missing: dict[str, list[str]] = {}
    for need in move.needs:
        if not need.is_met(facts):
            missing.setdefault(need.field or "state", []).append(need.words)
    if missing:
        raise ValidationError(missing)


def phase_at(version: Version, now: datetime, *, in_brownout: bool, last_end: datetime | None) -> str:
    """draft, live, deprecated, brownout, sunset or retired. After its sunset a version is retired once no application's
    own date, of which `last_end` is the last, lies ahead."""
    standing = version.standing_at(now)
    if standing == State.RETIRED:
        return "sunset" if last_end is not None and last_end > now else "retired"
    return "brownout" if in_brownout and standing != State.DRAFT else str(standing)
