"""The applications that call a version, with what each has been told and has of its own."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Subquery

from accounts.models import Application
from catalog.models import Extension, Told, Version


def calling_applications(version: Version, public_ids: Collection[str]) -> dict[str, Application]:
    """By public id, with organisation, `told_at`, `own_sunset` and `is_exempt` (two may be None). One query."""
    told = Told.objects.filter(version=version, application=OuterRef("pk")).order_by("-at")
    own = Extension.objects.filter(version=version, application=OuterRef("pk"))
    rows = Application.objects.filter(public_id__in=public_ids).select_related("organisation")
    rows = rows.annotate(
        told_at=Subquery(told.values("at")[:1]),
        own_sunset=Subquery(own.values("sunset_at")[:1]),
        is_exempt=Exists(own.filter(is_exempt=True)),
    )
    return {row.public_id: row for row in rows}
