"""The writes on APIs, versions and operations."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import CharField, F, ProtectedError, Value
from django.db.models.functions import Concat
from django.utils import timezone

from accounts.origins import checked_origins
from audit.actors import Actor
from audit.writing import changed_fields, record_event, write
from catalog.lifecycle import check_move
from catalog.models import RESERVED_SLUGS, Api, Operation, State, Version
from catalog.openapi import OperationDraft
from catalog.openapi_paths import shape_of
from catalog.reading_documents import ReadDocument, read_for_import
from catalog.revisions import keep_revision
from catalog.upstreams import check_upstream_headers
from contract.sealed import seal_headers
from contract.settings import settings

_NEW_AT_A_TIME = 100


@write
def set_api(slug: str, *, actor: Actor, **values: Any) -> Api:
    """Make an API or change it. Raises ValidationError."""
    if slug in RESERVED_SLUGS:
        raise ValidationError({"slug": f"{slug!r} is an address of our own."})
    api = Api.objects.select_for_update().filter(slug=slug).first() or Api(slug=slug)
    is_new = api.pk is None
    if "cors_origins" in values:
        values["cors_origins"] = checked_origins(values["cors_origins"], takes_any=True)
    changes = changed_fields(api, values)
    check_owner(api)
    check_validation(api)
    api.full_clean()
    api.save()
    action = "api.created" if is_new else "api.changed"
    record_event(actor, action, api, changes=changes, publishes=[("api", slug)])
    return api


def check_owner(api: Api) -> None:
    """Raises ValidationError where an API that is served would have nobody who answers for it."""
    if api.pk and not api.owner and api.versions.exclude(state=State.DRAFT).exists():
        raise ValidationError({"owner": "The API is live: somebody answers for it. Name the team and the person."})


def check_validation(api: Api) -> None:
    """Raises ValidationError where requests are to be validated that cannot be."""
    unusable = (
        Operation.objects.filter(version__api=api, request_rules__isnull=True) if api.pk else Operation.objects.none()
    )
    if api.validation != "off" and (row := unusable.select_related("version__api").first()):
        raise ValidationError(
            {"validation": f"{row.version}: {row} has no rules. Import the document again to see why."}
        )


@write
def set_version(api: Api, name: str, *, actor: Actor, **values: Any) -> Version:
    """Make a version or change its upstreams, state and dates. Raises ValidationError."""
    found = Version.objects.select_for_update().filter(api=api, name=name).first()
    version = found or Version(api=api, name=name)
    before = version.state
    changes = changed_fields(version, values)
    check_version(version)
    if found:
        check_move(before, version.state)
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


def import_document(version: Version, text: str | bytes, *, actor: Actor) -> list[Operation]:
    """Replace a version's document and operations. Raises ValidationError; then nothing has changed.

    Operations keep their ids where the method stays and the path differs at most in its parameters' names, so masks and
    restrictions go on hanging on them, and keep their scope where the document does not say which one they ask for. The
    text is read before the transaction begins.
    """
    return import_read(version, read_for_import(text), actor=actor)


@write
def import_read(
    version: Version, read: ReadDocument, *, actor: Actor, scopes: Mapping[tuple[str, str], str] | None = None
) -> list[Operation]:
    """The same for a document that was read. `scopes` are those of operations, by method and path, of which the
    document does not say which one they ask for. Raises ValidationError."""
    if read.unusable and version.api.validation != "off":
        raise ValidationError({"document": read.unusable})
    Version.objects.select_for_update().get(pk=version.pk)
    Version.objects.filter(pk=version.pk).update(document=read.document)
    drafts = [_with_scope(draft, scopes or {}) for draft in read.drafts]
    gone, kept = _replace_operations(version, drafts, read.rules)
    keep_revision(version, read.packed, len(kept))
    record_event(
        actor,
        "version.imported",
        version,
        changes={"operations": [[str(row) for row in gone], [str(row) for row in kept]]},
        publishes=[("version", version.public_id), *(("operation", row.public_id) for row in [*gone, *kept])],
    )
    return kept


def _with_scope(draft: OperationDraft, scopes: Mapping[tuple[str, str], str]) -> OperationDraft:
    if draft.scope is not None:
        return draft
    return draft._replace(scope=scopes.get((draft.method, draft.path)))


def _replace_operations(
    version: Version, drafts: list[OperationDraft], rules: list[dict[str, Any]]
) -> tuple[list[Operation], list[Operation]]:
    before = {(row.method, shape_of(row.path)): row for row in version.operations.all()}
    wanted = {(draft.method, shape_of(draft.path)) for draft in drafts}
    gone = [row for key, row in before.items() if key not in wanted]
    _remove(version, gone)
    # Anchors are unique: park the old ones, so that two operations may swap names.
    version.operations.update(anchor=Concat(Value("-"), F("pk"), output_field=CharField()))
    kept = [_operation(version, draft, number, before, rules[number]) for number, draft in enumerate(drafts)]
    _save(kept)
    return gone, kept


def _save(rows: list[Operation]) -> None:
    """New ones many at a time: the other writers wait."""
    for row in rows:
        if row.pk is not None:
            row.save()
    Operation.objects.bulk_create([row for row in rows if row.pk is None], batch_size=_NEW_AT_A_TIME)


def _remove(version: Version, gone: list[Operation]) -> None:
    try:
        version.operations.filter(pk__in=[row.pk for row in gone]).delete()
    except ProtectedError as error:
        held = sorted(str(row) for row in error.protected_objects)
        raise ValidationError(
            {"document": f"It drops an operation on which something hangs: {', '.join(held)}. Remove that first."}
        ) from None


def _operation(
    version: Version, draft: OperationDraft, position: int, before: dict[Any, Operation], rules: dict[str, Any]
) -> Operation:
    row = before.get((draft.method, shape_of(draft.path))) or Operation(version=version)
    _date_deprecation(row, draft)
    for name, value in {**draft._asdict(), **rules, "position": position}.items():
        if value is not None or name != "scope":
            setattr(row, name, value)
    return row


def _date_deprecation(row: Operation, draft: OperationDraft) -> None:
    """The document has a flag, the header (RFC 9745) a date: that of the first document with the flag. A document that
    takes the flag back takes the dates with it."""
    if draft.is_deprecated and row.deprecated_at is None:
        row.deprecated_at = timezone.now()
    elif row.is_deprecated and not draft.is_deprecated:
        row.deprecated_at = row.sunset_at = None


@write
def set_upstream_headers(version: Version, headers: dict[str, str], *, actor: Actor) -> None:
    """Keep the upstream's credential, sealed. The event names headers, never values. Raises ValidationError."""
    check_upstream_headers(headers)
    sealed = seal_headers(headers, settings().secret_bytes("storage_key")) if headers else ""
    Version.objects.filter(pk=version.pk).update(upstream_headers=sealed)
    record_event(
        actor,
        "version.upstream_credential_set",
        version,
        changes={"headers": [None, sorted(headers)]},
        publishes=[("version", version.public_id)],
    )
