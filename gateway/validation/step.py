"""Step 6 of a call: refuse what is not as the document says, before anything is spent, or let it pass and note it."""

from itertools import islice

from contract.records import Operation, Validation
from contract.schema_validators import SchemaError
from gateway.call import Call
from gateway.inbound import ClientConnection
from gateway.records_cache import Cell
from gateway.refusal import Refused
from gateway.strict import Fields
from gateway.validation.bodies import CompiledContent
from gateway.validation.issues import ISSUES_MAX, Issue
from gateway.validation.media import find_content, is_read, is_utf8, read_media_type
from gateway.validation.request import CompiledRequest
from gateway.validation.throttle import InvalidRequests

_IDENTITY = ((b"Accept-Encoding", b"identity"),)


class RequestCheck:
    """An operation's compiled rules and what its API wants done about requests that break them."""

    __slots__ = ("is_enforced", "request")

    def __init__(self, request: CompiledRequest, mode: Validation) -> None:
        self.request = request
        self.is_enforced = mode == "enforce"


class Validating:
    """One per worker."""

    def __init__(self, *, body_max_bytes: int) -> None:
        self._body_max_bytes = body_max_bytes
        self._invalid = InvalidRequests()

    async def run(self, call: Call, check: RequestCheck, client: ClientConnection) -> None:
        """Raises Refused: invalid, unsupported-media-type, content-too-large, too-many-attempts."""
        row = call.row
        assert row is not None
        if check.is_enforced:
            self._invalid.refuse_spent(row.credential)
        try:
            await self._validate(call, check.request, client)
        except Refused as refusal:
            if refusal.closes:
                raise
            row.invalid = True
            if check.is_enforced:
                self._invalid.count(row.credential)
                raise

    async def _validate(self, call: Call, request: CompiledRequest, client: ClientConnection) -> None:
        fields, row = call.fields, call.row
        assert fields is not None
        assert row is not None
        rest = call.target.path.split("/", 3)[3:]
        path = f"/{rest[0] if rest else ''}"
        judged = request.judge_parameters(path, call.target.query, fields)
        row.undeclared = judged.undeclared
        issues = judged.issues[:ISSUES_MAX]
        issues += await self._body_issues(request, fields, client, ISSUES_MAX - len(issues))
        if issues:
            raise Refused("invalid", extra={"errors": [issue.as_json() for issue in issues]})

    async def _body_issues(
        self, request: CompiledRequest, fields: Fields, client: ClientConnection, most: int
    ) -> list[Issue]:
        if not fields.chunked and not fields.content_length:
            return [Issue("body", "Is required.")] if request.needs_body else []
        media_type, content = _content(request, fields)
        if not is_read(media_type):
            return []
        body = await client.whole_body(self._body_max_bytes)
        if body is None:
            raise Refused("content-too-large", detail=f"Send at most {self._body_max_bytes:,} bytes.")
        if not body:
            return [Issue("body", "Is required.")] if request.needs_body else []
        return list(islice(content.issues(body, media_type), most))


def compiled_request(cell: Cell) -> CompiledRequest:
    """An operation's rules, compiled once and kept with its record. Raises SchemaError where they cannot be."""
    if cell.compiled is None:
        cell.compiled = {}
    if "request" not in cell.compiled:
        cell.compiled["request"] = _compile(cell.record)
    compiled: CompiledRequest = cell.compiled["request"]
    return compiled


def _compile(operation: Operation) -> CompiledRequest:
    if operation.request is None:
        raise SchemaError("the record has no rules for requests")
    return CompiledRequest(operation.request, operation.path)


def _content(request: CompiledRequest, fields: Fields) -> tuple[str, CompiledContent]:
    """The media type that came and what the operation takes of it. Raises Refused("unsupported-media-type")."""
    media_type = read_media_type(fields.by_name.get(b"content-type"))
    content = find_content(media_type.name, request.contents) if media_type else None
    if media_type is None or content is None:
        raise Refused("unsupported-media-type", detail=_accepted(request))
    if is_read(media_type.name):
        if not is_utf8(media_type):
            raise Refused("unsupported-media-type", detail="Send it in UTF-8.")
        if fields.by_name.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Refused("unsupported-media-type", detail="Send it without Content-Encoding.", headers=_IDENTITY)
    return media_type.name, content


def _accepted(request: CompiledRequest) -> str:
    if not request.contents:
        return "This operation takes no body."
    return f"This operation takes {', '.join(request.contents)}."
