"""Scopes in words, as an OpenAPI document describes them."""

from catalog.documents import Node, members, resolve


def scope_descriptions(document: Node) -> dict[str, str]:
    """What the document's OAuth 2 security schemes say of each scope; scopes without words are left out."""
    found: dict[str, str] = {}
    for scheme in members(members(document, "components"), "securitySchemes").values():
        for flow in members(resolve(document, scheme), "flows").values():
            scopes = members(flow, "scopes") if isinstance(flow, dict) else {}
            found |= {scope: text.strip() for scope, text in scopes.items() if isinstance(text, str) and text.strip()}
    return found
