"""The writes on APIs, versions and operations."""

import json
from typing import Any

from django.core.exceptions import ValidationError

from audit.actors import Actor
from audit.writing import changed_fields, record_event, write
from catalog.models import RESERVED_SLUGS, Api, Operation, State, Version
from catalog.openapi import DocumentError, OperationDraft, operations_of, read_document
from contract.sealed import seal_headers
from contract.settings import settings


@write
def set_api(slug: str, *, actor: Actor, **values: Any) -> Api:
    """Make an API or change it. Raises ValidationError."""
    if slug in RESERVED_SLUGS:
        raise ValidationError({"slug": f"{slug!r} is an address of the gateway itself."})
    api = Api.objects.select_for_update().filter(slug=slug).first() or Api(slug=slug)
    is_new = api.pk is None
    changes = changed_fields(api, values)
    api.full_clean()
    api.save()
    action = "api.created" if is_new else "api.changed"
    record_event(actor, action, api, changes=changes, publishes=[("api", slug)])
    return api


@write
def set_version(api: Api, name: str, *, actor: Actor, **values: Any) -> Version:
    """Make a version or change its upstreams, state and dates. Raises ValidationError."""
    found = Version.objects.select_for_update().filter(api=api, name=name).first()
    version = found or Version(api=api, name=name)
    changes = changed_fields(version, values)
    check_version(version)
    version.save(update_fields=[*changes] if found else None)
    record_event(
        actor,
        "version.changed" if found else "version.created",
        version,
        changes=changes,
        publishes=[("version", version.public_id), ("api", api.slug)],
    )
    return version


def check_version(version: Version) -> None:
    """Raises ValidationError where the fields do not go together."""
    version.full_clean(exclude=["document"])
    if version.sunset_at and version.deprecated_at and version.sunset_at < version.deprecated_at:
        raise ValidationError({"sunset_at": "The sunset lies before the deprecation."})
    if version.state != State.DRAFT and not version.api.owner:
        raise ValidationError({"state": "An API without an owner does not go live: name its team and person."})


@write
def import_document(version: Version, text: str | bytes, *, actor: Actor) -> list[Operation]:
    """Replace a version's document and operations. Raises ValidationError; then nothing has changed.

    Operations keep their ids where method and path stay, so masks and restrictions go on hanging on them.
    """
    try:
        document = read_document(text)
        drafts = operations_of(document)
        stored = json.loads(json.dumps(document, default=str))
    except DocumentError as error:
        raise ValidationError({"document": str(error)}) from None
    Version.objects.filter(pk=version.pk).update(document=stored)
    gone, kept = _replace_operations(version, drafts)
    record_event(
        actor,
        "version.imported",
        version,
        changes={"operations": [len(gone), len(kept)]},
        publishes=[("version", version.public_id), *(("operation", public_id) for public_id in [*gone, *kept])],
    )
    return list(version.operations.all())


def _replace_operations(version: Version, drafts: list[OperationDraft]) -> tuple[list[str], list[str]]:
    before = {(row.method, row.path): row for row in version.operations.all()}
    wanted = {(draft.method, draft.path) for draft in drafts}
    gone = [row.public_id for key, row in before.items() if key not in wanted]
    version.operations.filter(public_id__in=gone).delete()
    # Anchors are unique: park the old ones, so that two operations may swap names.
    for row in version.operations.all():
        version.operations.filter(pk=row.pk).update(anchor=f"-{row.pk}")
    rows = [_operation(version, draft, position, before) for position, draft in enumerate(drafts)]
    return gone, [row.public_id for row in rows]


def _operation(version: Version, draft: OperationDraft, position: int, before: dict[Any, Operation]) -> Operation:
    row = before.get((draft.method, draft.path)) or Operation(version=version)
    for name, value in draft._asdict().items():
        setattr(row, name, value)
    row.position = position
    row.save()
    return row


@write
def set_upstream_headers(version: Version, headers: dict[str, str], *, actor: Actor) -> None:
    """Keep the upstream's credential, sealed. The event names the headers, never their values."""
    sealed = seal_headers(headers, settings().secret_bytes("storage_key")) if headers else ""
    Version.objects.filter(pk=version.pk).update(upstream_headers=sealed)
    record_event(
        actor,
        "version.upstream_credential_set",
        version,
        changes={"headers": [None, sorted(headers)]},
        publishes=[("version", version.public_id)],
    )
