"""A condition of each kind at the running installation: preview, replay and contract name the same calls, exactly those
answer otherwise after its receipt, and undo brings all back."""

import base64
import hashlib
import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from contract.records import Requirement
from contract.requirements import unmet
from contract.restrictions import REFUSED_BEFORE, Facts
from tests.canaries import keep
from tests.functional.callers import PROVE, Answer
from tests.functional.desk import PRACTITIONERS, Caller, Desk, ids, logged, one_each
from tests.functional.test_restrictions import met

KINDS = ("networks", "dpop", "roles", "windows")
PLACES = ("api", "scope", "plan", "operation")
#: In the normal run each kind in one place; all of them in all places when proving.
TRIED = [(kind, place) for kind in KINDS for place in PLACES] if PROVE else list(zip(KINDS, PLACES, strict=True))
WITHHELD = {"restricted", "condition-not-met", "sender-constraint-required"}


class Bearer(NamedTuple):
    """A token of the client of the one, as it is and bound to a device."""

    token: str
    bound: str
    device: ECKey
    gateway: str

    def prove(self) -> str:
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.device.as_dict(private=False)}
        address = self.gateway + PRACTITIONERS.partition("?")[0]
        ath = base64.urlsafe_b64encode(hashlib.sha256(self.bound.encode()).digest()).rstrip(b"=").decode()
        claims = {"jti": uuid.uuid4().hex, "htm": "GET", "htu": address, "iat": int(time.time()), "ath": ath}
        return jwt.encode(header, claims, self.device)

    def callers(self) -> list[Caller]:
        return [Caller("token", self.token), Caller("bound token", self.bound, prove=self.prove)]


async def new_bearer(desk: Desk) -> Bearer:
    device, machine = ECKey.generate_key("P-256"), desk.furnished["machine"]
    tokens = [keep(await desk.ask("token", machine["client"], bound)) for bound in ("", device.thumbprint())]
    return Bearer(*tokens, device, machine["gateway"])


def requirement(kind: str) -> dict[str, Any]:
    """One that some of the callers meet, but for windows: it is closed for two days to come and was for two."""
    if kind == "windows":
        weekday = (datetime.now(UTC).weekday() + 3) % 7
        return {
            "windows": [{"weekdays": [weekday], "starts_minute": 0, "ends_minute": 1440}],
            "timezone": "Asia/Kolkata",
        }
    return {"networks": {"networks": ["127.0.0.3/32"]}, "dpop": {"dpop": True}, "roles": {"roles": ["owner"]}}[kind]


@pytest.mark.parametrize(("kind", "place"), TRIED)
async def test_exactly_the_calls_that_the_preview_named_are_refused(desk: Desk, kind: str, place: str) -> None:
    bearer = await new_bearer(desk)
    callers = [*desk.callers(), *bearer.callers()]
    before = await one_each(desk, callers)
    assert {answer.status for answer in before.values()} == {200}
    record = desk.record(place, "require", requirement=requirement(kind))
    named = await named_by_preview(desk, record, before)
    assert "other key" in named
    assert 0 < len(named) < len(callers)
    applied = await desk.ask("apply", record)
    during = await one_each(desk, callers)
    undone = await desk.ask("take_back", applied["id"])
    after = await one_each(desk, callers)
    assert None not in (*applied["took"], *undone["took"])
    for name, answer in during.items():
        if name in named:
            judge_refusal(answer, kind, applied["reference"])
        else:
            assert (answer.status, answer.body) == (200, before[name].body), name
    assert seen(after) == seen(before)


async def named_by_preview(desk: Desk, record: dict[str, Any], answers: dict[str, Answer]) -> set[str]:
    """Who of the callers is named by the replay, which must name just those that the contract does."""
    rows = await logged(desk, ids(answers))
    changeable = [row for row in rows if row["problem"] not in REFUSED_BEFORE | WITHHELD]
    asked = msgspec.convert(record["requirement"], Requirement)
    lacking = [row for row in changeable if unmet(asked, Facts(**row["facts"]))]
    replayed = set(await desk.ask("replay", record))
    assert replayed == met(record, lacking)
    return {name for name, answer in answers.items() if answer.headers["x-request-id"] in replayed}


def judge_refusal(answer: Answer, kind: str, reference: str) -> None:
    problem = json.loads(answer.body)
    slug = problem["type"].split("/")[-2]
    expected = (401, "sender-constraint-required") if kind == "dpop" else (403, "condition-not-met")
    assert (answer.status, slug, problem["restriction"], problem["advice"]) == (*expected, reference, "Ask the desk")
    assert ("www-authenticate" in answer.headers) == (kind == "dpop")
    assert "Tried out" not in answer.body.decode()


def seen(answers: dict[str, Answer]) -> dict[str, tuple[int, bytes]]:
    return {name: (answer.status, answer.body) for name, answer in answers.items()}
