"""Scopes for operations of which the document does not say which one they ask for: one a resource, to read or write."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from django.utils.text import slugify

from catalog.models import Operation
from catalog.openapi import OperationDraft
from catalog.openapi_paths import shape_of

Key = tuple[str, str]
"""Method and path."""
_NO_RESOURCE = re.compile(r"v\d[\d.]*|api|rest|\{.*")
_READING = ("GET", "HEAD", "OPTIONS")
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{0,120}")
"""RFC 6749, section 3.3; empty: any valid key may call."""


class Proposal(NamedTuple):
    """One scope for several operations of a resource."""

    resource: str
    access: str
    scope: str
    operations: list[list[str]]


def propose(drafts: Sequence[OperationDraft], existing: Sequence[Operation] = ()) -> list[Proposal]:
    """For what the document leaves open. An operation that is there already keeps the scope it has."""
    kept = {(row.method, shape_of(row.path)): row.scope for row in existing}
    found: dict[tuple[str, str, str], Proposal] = {}
    for draft in drafts:
        if draft.scope is None:
            resource, access = resource_of(draft.path), "read" if draft.method in _READING else "write"
            scope = kept.get((draft.method, shape_of(draft.path)), f"{resource}:{access}")
            made = found.setdefault((resource, access, scope), Proposal(resource, access, scope, []))
            made.operations.append([draft.method, draft.path])
    return list(found.values())


def resource_of(path: str) -> str:
    """`patients` of `/v1/patients/{id}/visits`."""
    parts = [part for part in path.split("/") if part and not _NO_RESOURCE.fullmatch(part)]
    return slugify(parts[0])[:60] if parts and slugify(parts[0]) else "api"


def chosen(proposals: Sequence[Proposal], scopes: Sequence[str]) -> dict[Key, str]:
    """By operation, what was chosen for each proposal."""
    pairs = zip(proposals, scopes, strict=True)
    return {(method, path): scope for proposal, scope in pairs for method, path in proposal.operations}
