"""Parameters that would tell what is masked are refused, however they are written."""

import msgspec
import pytest

from contract.masking.rules import MaskRule
from contract.records import Api, Mask
from tests.gateway.rig import Rig

EMAIL = MaskRule("$..email", "redact")


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.scene.publish_plan(masks=[Mask(EMAIL, operation="op_list", parameters=("email", "filter[email]", "sort.by"))])
    return rig


async def refused(rig: Rig, target: str, method: str = "GET") -> str:
    """The parameter that was refused; empty where the call was answered."""
    result = await rig.ask(f"{method} {target} HTTP/1.1", f"X-API-Key: {rig.key}")
    if result.statuses == [200]:
        return ""
    assert (result.statuses, result.received, rig.ledger.admitted) == ([403], b"", 0)
    told = msgspec.json.decode(result.answers.partition(b"\r\n\r\n")[2])
    assert told["type"].endswith("/problems/parameter-refused/")
    return str(told["parameter"])


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        *(("email=a", "email"), ("email", "email"), ("x=1&email=", "email"), ("x=1;email=a", "email")),
        *(("%65mail=a", "email"), ("EMail=a", "email"), ("+email=a", "email"), ("email%00x=a", "email")),
        *(("email[]=a", "email"), ("email[eq]=a", "email"), ("email%5Beq%5D=a", "email"), ("email%20=a", "email")),
        *(("filter[email]=a", "filter[email]"), ("filter[email][like]=a", "filter[email]")),
        *(("sort_by=x", "sort.by"), ("sort.by=x", "sort.by"), ("sort+by=x", "sort.by")),
        *(("filter[name]=email", ""), ("q=email", ""), ("emails=a", ""), ("x=email%3Da", ""), ("", ""), ("&&=", "")),
    ],
)
async def test_a_parameter_is_found_however_it_is_written(rig: Rig, query: str, parameter: str) -> None:
    assert await refused(rig, f"/clinic/v1/practitioners?{query}") == parameter


async def test_only_where_the_mask_applies(rig: Rig) -> None:
    assert await refused(rig, "/clinic/v1/practitioners/7?email=a") == ""


async def test_head_is_no_way_round(rig: Rig) -> None:
    result = await rig.ask("HEAD /clinic/v1/practitioners?email=a HTTP/1.1", f"X-API-Key: {rig.key}")
    assert (result.answers[:13], result.received) == (b"HTTP/1.1 403 ", b"")


async def test_an_undocumented_path_gets_the_refusals_of_its_whole_version(rig: Rig) -> None:
    rig.memory.publish("api", "clinic", Api("api1", "clinic", {"v1": "ver1"}, unmatched="shadow"))
    assert await refused(rig, "/clinic/v1/nothing?email=a") == "email"
    assert await refused(rig, "/clinic/v1/nothing?other=a") == ""


async def test_thousands_of_brackets_cost_little(rig: Rig) -> None:
    assert await refused(rig, "/clinic/v1/practitioners?" + "[" * 900) == ""
