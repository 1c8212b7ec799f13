"""A call in words: why it did not go well, and what mends it."""

from typing import NamedTuple

from analytics.models import Call
from contract.problems import PROBLEMS
from portal.problem_advice import Advice, advice_on


class Explanation(NamedTuple):
    """`why` fits a row of a list; `slug` names the problem's page, where there is one."""

    why: str
    advice: Advice
    slug: str = ""


_OUTCOMES = {
    "unknown": Explanation(
        "Nobody knows how it ended.",
        Advice(
            "The gateway stopped before the call was complete, so nobody knows whether the API carried it out.",
            "Read before you repeat a call that changes something; repeat one that only reads.",
            is_worth_retrying=True,
        ),
    ),
    "refused": Explanation(
        "Your client left before the call was let through.",
        Advice(
            "Your client closed the connection while the gateway was deciding. The API never saw the call, and it was "
            "not counted.",
            "Give the client more time, and repeat the call.",
            is_worth_retrying=True,
        ),
    ),
    "aborted": Explanation(
        "Your client left before the end.",
        Advice(
            "Your client closed the connection before the answer was complete.",
            "Give the client more time, or look at what ended it. The API may have carried the call out.",
            is_worth_retrying=True,
        ),
    ),
}
_UPSTREAM_REFUSED = Explanation(
    "The API itself answered so.",
    Advice(
        "The gateway let the call through, and the API itself answered with this status.",
        "The body of the answer says what it did not like; the operation's page lists what it takes.",
    ),
)
_UPSTREAM_FAILED = Explanation(
    "The API itself failed.",
    Advice(
        "The gateway let the call through, and the API itself failed.",
        "Retry once, with a pause. If it stays, tell the API's team the request id.",
        is_worth_retrying=True,
    ),
)


def explain(call: Call) -> Explanation | None:
    """None for a call that went well."""
    if call.problem in PROBLEMS:
        return Explanation(PROBLEMS[call.problem].detail, advice_on(call.problem), call.problem)
    if call.outcome in _OUTCOMES and not call.problem:
        return _OUTCOMES[call.outcome]
    if call.status >= 400:
        return _UPSTREAM_FAILED if call.status >= 500 else _UPSTREAM_REFUSED
    return None
