"""What goes back to the client: which of the upstream's headers pass, and how a head is written."""

from http import HTTPStatus

from contract.problems import PROBLEMS, problem_body
from gateway.refusal import Refused

DROPPED = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"te", b"trailer", b"upgrade"),
        *(b"transfer-encoding", b"content-length", b"server", b"x-powered-by", b"x-aspnet-version", b"x-request-id"),
        *(b"ratelimit", b"ratelimit-policy", b"alt-svc"),
    }
)
DROPPED_PREFIXES = (b"x-portcullis-", b"x-consumer-", b"access-control-")
_STATUS_LINES = {status.value: b"HTTP/1.1 %d %b\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus}
Pairs = list[tuple[bytes, bytes]]


def passed_headers(headers: Pairs, connection: bytes | None) -> Pairs:
    """The upstream's headers without those of its own hop (`Connection` lists more) and those that only we may say."""
    listed = {option.strip().lower() for option in connection.split(b",")} if connection else set()
    return [pair for pair in headers if _passes(pair[0].lower(), listed)]


def _passes(name: bytes, listed: set[bytes]) -> bool:
    return name not in DROPPED and name not in listed and not name.startswith(DROPPED_PREFIXES)


def status_line(status: int) -> bytes:
    """The first line of an answer; unknown codes get no phrase."""
    return _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


def head(status: int, headers: Pairs | tuple[tuple[bytes, bytes], ...], own: bytes) -> bytes:
    """A head up to its empty line; `own` are complete header lines of ours."""
    return b"".join([status_line(status), *(b"%b: %b\r\n" % pair for pair in headers), own, b"\r\n"])


def has_body(method: bytes, status: int) -> bool:
    """Whether an answer carries a body at all (RFC 9110, section 6.4.1)."""
    return method != b"HEAD" and status >= 200 and status not in (204, 304)


def problem_answer(refusal: Refused, *, request_id: str, portal_base: str, own: bytes, bodyless: bool) -> bytes:
    """A whole problem+json answer (RFC 9457)."""
    body = problem_body(
        refusal.slug, request_id=request_id, docs_url=portal_base, detail=refusal.detail, **refusal.extra
    )
    headers = (
        *refusal.headers,
        (b"Content-Type", b"application/problem+json"),
        (b"Cache-Control", b"no-store"),
        (b"Content-Length", b"%d" % len(body)),
    )
    return head(PROBLEMS[refusal.slug].status, headers, own) + (b"" if bodyless else body)
