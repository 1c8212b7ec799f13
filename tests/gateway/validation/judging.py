"""Requests against operations written as OpenAPI, without a network: what the gateway would answer."""

from typing import Any

import msgspec

from catalog.request_schemas import request_rules
from contract.request_rules import RequestRules
from gateway.strict import read_fields
from gateway.validation.issues import Issue
from gateway.validation.request import CompiledRequest


def document(operation: dict[str, Any], *, path: str = "/things", method: str = "get", **rest: Any) -> dict[str, Any]:
    """A document of one operation."""
    operation = {"responses": {"200": {"description": "ok"}}, **operation}
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {path: {method: operation}}, **rest}


def compiled(document: dict[str, Any], method: str = "get", path: str = "/things") -> CompiledRequest:
    """As a gateway has it: made from the rules as they travel in a record."""
    rules = request_rules(document, method.upper(), path)
    return CompiledRequest(msgspec.json.decode(msgspec.json.encode(rules), type=RequestRules), path)


def with_parameters(*parameters: dict[str, Any], path: str = "/things", **rest: Any) -> CompiledRequest:
    return compiled(document({"parameters": list(parameters)}, path=path, **rest), path=path)


def with_body(schema: Any, media_type: str = "application/json", encoding: Any = None, **rest: Any) -> CompiledRequest:
    media = {"schema": schema, **({"encoding": encoding} if encoding else {})}
    operation = {"requestBody": {"required": True, "content": {media_type: media}}}
    return compiled(document(operation, method="post", **rest), "post")


def in_query(request: CompiledRequest, query: str) -> list[Issue]:
    return judge(request, query=query)


def judge(request: CompiledRequest, path: str = "/things", query: str = "", *headers: str) -> list[Issue]:
    block = "".join(f"{line}\r\n" for line in ("Host: g", *headers)) + "\r\n"
    fields = read_fields(block.encode("latin-1"), 100)
    return request.judge_parameters(path, f"?{query}".encode() if query else b"", fields).issues


def in_body(request: CompiledRequest, body: bytes | str | Any, media_type: str = "application/json") -> list[Issue]:
    if not isinstance(body, bytes):
        body = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    return list(request.contents[media_type].issues(body, media_type))
