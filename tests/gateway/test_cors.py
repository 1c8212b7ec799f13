"""Which web pages may read answers: preflights are answered here, calls are narrowed to the application's origins."""

import pytest

from contract.key_format import mint_key
from contract.origins import check_origins
from contract.records import Api, Application
from gateway.cors import EXPOSED
from tests.gateway.rig import Conversation, Rig

PAGE, OTHER = "https://app.example.com", "https://other.example.com"
ASKING = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,x-api-key")
CALL = "GET /clinic/v1/practitioners HTTP/1.1"


@pytest.fixture
def rig() -> Rig:
    return cors_rig(PAGE)


def cors_rig(*origins: str, application: tuple[str, ...] = (), **how: object) -> Rig:
    rig = Rig(**how)  # type: ignore[arg-type]
    rig.memory.publish("api", "clinic", Api("api1", "clinic", {"v1": "ver1"}, cors_origins=origins))
    rig.memory.publish("application", "app", Application("app", "org", cors_origins=application))
    return rig


def header(result: Conversation, name: bytes) -> list[bytes]:
    lines = result.answers.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return [value for known, value in (line.split(b": ", 1) for line in lines) if known.lower() == name.lower()]


def let_in(result: Conversation) -> list[bytes]:
    return header(result, b"Access-Control-Allow-Origin")


async def preflight(rig: Rig, path: str = "/clinic/v1/practitioners", origin: str = PAGE) -> Conversation:
    return await rig.ask(f"OPTIONS {path} HTTP/1.1", f"Origin: {origin}", *ASKING)


async def test_a_preflight_is_answered_here_and_costs_nothing(rig: Rig) -> None:
    result = await preflight(rig)
    assert result.statuses == [204]
    assert let_in(result) == [PAGE.encode()]
    assert header(result, b"Access-Control-Allow-Methods") == [b"POST"]
    assert header(result, b"Access-Control-Allow-Headers") == [b"authorization,x-api-key"]
    assert header(result, b"Access-Control-Max-Age") == [b"600"]
    assert header(result, b"Access-Control-Allow-Credentials") == []
    assert header(result, b"Vary") == [b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"]
    assert (rig.ledger.rows, rig.ledger.strangers, rig.ledger.admitted, result.received) == ([], [], 0, b"")


async def test_nothing_is_found_out_by_preflights(rig: Rig) -> None:
    """Any path of an API that lets the page in answers alike, and so does everything else."""
    open_paths = ["/clinic", "/clinic/v1/practitioners", "/clinic/v9/x", "/clinic/v1/hidden"]
    leave = {without_id(await preflight(rig, path)) for path in open_paths}
    asked = [("/none/v1/x", PAGE), ("/", PAGE), ("/clinic/v1/practitioners", OTHER), ("/a_b!/x", PAGE)]
    refused = {without_id(await preflight(rig, path, origin)) for path, origin in asked}
    assert len(leave) == len(refused) == 1
    assert all(b"\r\nAccess-Control-" in answer for answer in leave)
    assert not any(b"\r\nAccess-Control-" in answer for answer in refused)


def without_id(result: Conversation) -> bytes:
    return b"\r\n".join(line for line in result.answers.split(b"\r\n") if not line.startswith(b"X-Request-Id"))


async def test_made_up_names_cannot_buy_look_ups() -> None:
    rig = cors_rig(PAGE, failed_per_minute=10)
    for number in range(50):
        await preflight(rig, f"/none{number}/v1/x")
    assert rig.memory.asked == 10
    assert let_in(await preflight(rig)) == [], "not in memory, and no token left"
    assert (await rig.ask(CALL, f"X-API-Key: {rig.key}", f"Origin: {PAGE}")).statuses == [200]
    assert let_in(await preflight(rig)) == [PAGE.encode()], "in memory"


async def test_a_page_that_is_let_in_may_read_the_answer(rig: Rig) -> None:
    result = await rig.ask(CALL, f"X-API-Key: {rig.key}", f"Origin: {PAGE}")
    assert (result.statuses, let_in(result), header(result, b"Vary")) == ([200], [PAGE.encode()], [b"Origin"])
    assert header(result, b"Access-Control-Expose-Headers") == [", ".join(EXPOSED).encode()]
    for line in (f"Origin: {OTHER}", "Origin: null", f"Origin: {PAGE}.evil.test", "X-None: 1"):
        result = await rig.ask(CALL, f"X-API-Key: {rig.key}", line)
        assert (result.statuses, let_in(result), header(result, b"Vary")) == ([200], [], [b"Origin"])


@pytest.mark.parametrize(
    ("of_api", "of_application", "reads"),
    [
        ((), (), set()),
        ((), (PAGE,), set()),
        ((PAGE,), (OTHER,), set()),
        ((PAGE, OTHER), (OTHER,), {OTHER}),
        (("*",), (), {PAGE, OTHER}),
        (("*",), (PAGE,), {PAGE}),
    ],
)
async def test_the_application_narrows_what_the_api_lets_in(
    of_api: tuple[str, ...], of_application: tuple[str, ...], reads: set[str]
) -> None:
    rig = cors_rig(*of_api, application=of_application)
    for page in (PAGE, OTHER):
        result = await rig.ask(CALL, f"X-API-Key: {rig.key}", f"Origin: {page}")
        assert (result.statuses, let_in(result)) == ([200], [page.encode()] if page in reads else [])


async def test_refusals_can_be_read_by_pages_that_are_let_in(rig: Rig) -> None:
    narrow = rig.scene.new_key()
    for status, *lines in (
        (400, CALL.replace(" HTTP", "?api_key=1 HTTP"), f"X-API-Key: {rig.key}"),
        (401, CALL),
        (401, CALL, "X-API-Key: x"),
        (401, CALL, f"X-API-Key: {mint_key('live')}"),
        (403, "GET /clinic/v1/secret HTTP/1.1", f"X-API-Key: {narrow}"),
        (404, "GET /clinic/v9/secret HTTP/1.1", f"X-API-Key: {narrow}"),
        (405, "DELETE /clinic/v1/secret HTTP/1.1", f"X-API-Key: {narrow}"),
    ):
        result = await rig.ask(*lines, f"Origin: {PAGE}")
        assert (result.statuses, let_in(result)) == ([status], [PAGE.encode()])
        assert let_in(await rig.ask(*lines, f"Origin: {OTHER}")) == []


async def test_the_upstreams_own_leave_is_not_passed_on(rig: Rig) -> None:
    rig.upstream.answer = rig.upstream.answer.replace(
        b"\r\n\r\n",
        b"\r\nAccess-Control-Allow-Origin: *\r\naccess-control-allow-credentials: true\r\n"
        b"Access-Control-Expose-Headers: X-Secret\r\n\r\n",
        1,
    )
    result = await rig.ask(CALL, f"X-API-Key: {rig.key}", f"Origin: {OTHER}")
    assert (result.statuses, b"access-control-" in result.answers.lower()) == ([200], False)
    result = await rig.ask(CALL, f"X-API-Key: {rig.key}", f"Origin: {PAGE}")
    assert (let_in(result), result.answers.lower().count(b"access-control-")) == ([PAGE.encode()], 2)


@pytest.mark.parametrize(
    "lines",
    [
        (f"Origin: {PAGE}", "Access-Control-Request-Method: GET POST"),
        (f"Origin: {PAGE}", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: a b"),
        (f"Origin: {PAGE}", "Access-Control-Request-Method: GET", f"Access-Control-Request-Headers: {'a,' * 1100}a"),
    ],
)
async def test_it_rejects_preflights_that_ask_for_what_is_none(rig: Rig, lines: tuple[str, ...]) -> None:
    result = await rig.ask("OPTIONS /clinic/v1/practitioners HTTP/1.1", *lines)
    assert (result.answers[:13], let_in(result)) == (b"HTTP/1.1 204 ", [])


async def test_two_origins_are_refused_and_options_without_asking_is_a_call(rig: Rig) -> None:
    assert (await rig.ask(CALL, f"Origin: {PAGE}", f"Origin: {PAGE}")).statuses == [400]
    assert (await rig.ask("OPTIONS /clinic/v1/practitioners HTTP/1.1", f"Origin: {PAGE}")).statuses == [401]


async def test_a_preflight_comes_after_the_demand_for_tls_and_before_another_request() -> None:
    rig = cors_rig(PAGE, require_tls=True)
    assert (await preflight(rig)).statuses == [403]
    lines = f"OPTIONS /clinic HTTP/1.1\r\nHost: a\r\nOrigin: {PAGE}\r\nAccess-Control-Request-Method: GET\r\n\r\n"
    follows = f"{CALL}\r\nHost: a\r\nX-API-Key: {rig.key}\r\n\r\n"
    result = await rig.converse((lines + follows).encode(), scheme=b"https")
    assert (result.answers[:13], len(result.seen)) == (b"HTTP/1.1 204 ", 1)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("HTTPS://App.Example.com:443", "https://app.example.com"),
        ("http://localhost:08080", "http://localhost:8080"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ("capacitor://localhost", "capacitor://localhost"),
    ],
)
def test_origins_are_kept_as_browsers_send_them(given: str, kept: str) -> None:
    assert check_origins([given, kept], takes_any=False) == [kept]


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "null", "https://", "https://*.example.com", "https://a.test/", "https://a.test/x", "//a.test"),
        *(
            "https://u@a.test",
            "https://a.test:0",
            "https://a.test:70000",
            "https://a.test?x",
            "a.test",
            "https://ä.test",
        ),
        *("https://[::zz]", "https://[1:2]", "https://a.test\r\nX: y", "https://a.test, https://b.test"),
    ],
)
def test_it_rejects_what_is_no_origin(text: str) -> None:
    with pytest.raises(ValueError, match=r"origin|port|name each|IPv6|At least|colon|Expected"):
        check_origins([text], takes_any=False)


def test_any_origin_stands_alone() -> None:
    assert check_origins(["*"], takes_any=True) == ["*"]
    for texts in (["*", PAGE], [f"https://a{number}.test" for number in range(51)]):
        with pytest.raises(ValueError, match=r"stands alone|more than 50"):
            check_origins(texts, takes_any=True)
