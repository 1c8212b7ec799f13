"""The documents that a version has had, and what the newest of them changed."""

from catalog.import_models import ChangelogEntry, Revision
from catalog.models import Version


def keep_revision(version: Version, packed: bytes, operation_count: int) -> None:
    """Part of a write. `packed` is of import_models.pack. The same document again is no new revision. From the second
    on, an entry of the changelog is there to be written; the first one continues another version of the API, if there
    is one."""
    latest = Revision.objects.filter(version=version).first()
    if latest is not None and bytes(latest.packed) == packed:
        return
    number = latest.number + 1 if latest else 1
    made = Revision.objects.create(version=version, number=number, packed=packed, operation_count=operation_count)
    before = latest or _of_predecessor(version)
    if before is not None:
        ChangelogEntry.objects.create(version=version, before=before, after=made)


def _of_predecessor(version: Version) -> Revision | None:
    """The newest document of a version of which this one is the successor, else of the version before it."""
    others = Revision.objects.filter(version__api_id=version.api_id).exclude(version=version)
    named = others.filter(version__successor=version).first()
    return named or others.order_by("-version__created_at", "-number").first()
