"""What calls need, written into a plan's OpenAPI document: `x-conditions` and in words for each operation that it
concerns, and the security scheme DPoP (RFC 9449, section 7.1) where tokens must be bound to a key."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from catalog.documents import members
from catalog.models import Operation
from portal.reference.conditions import Need, selects

Node = dict[str, Any]
_SCHEME = "dpop"
_BOUND = {
    "type": "http",
    "scheme": "DPoP",
    "description": "An access token bound to a key of the caller (RFC 9449), with a new proof for each request.",
}


def digest_of(needs: Sequence[Need]) -> str:
    """Another one for other words; empty without any need."""
    if not needs:
        return ""
    facts = "\n".join(repr((one.condition.operation, one.condition.scope, *one[:5])) for one in needs)
    return f"-{sha256(facts.encode()).hexdigest()[:16]}"


def with_needs(document: Node, operations: Iterable[Operation], needs: Sequence[Need]) -> Node:
    """The same document, changed in place. Operations that it does not have are passed over."""
    if not needs:
        return document
    for row in operations:
        node = members(document, "paths").get(row.path, {}).get(row.method.lower())
        mine = [one for one in needs if selects(one.condition, row)]
        if mine and node is not None:
            _tell(document, node, mine)
    return document


def _tell(document: Node, node: Node, needs: list[Need]) -> None:
    lines = [f"Needs: {one.words}{f' {one.when}' if one.when else ''} (condition {one.reference})." for one in needs]
    before = node.get("description")
    node["description"] = "\n\n".join([*([before] if isinstance(before, str) and before else []), *lines])
    node["x-conditions"] = [_said(one) for one in needs]
    if any(one.condition.requirement.dpop for one in needs):
        node["security"] = [{_SCHEME: scopes} for given in node["security"] for scopes in given.values()]
        document["components"]["securitySchemes"][_SCHEME] = _BOUND


def _said(need: Need) -> Node:
    said = {"reference": need.reference, "needs": need.words, "when": need.when, "advice": need.advice}
    return {name: text for name, text in said.items() if text}
