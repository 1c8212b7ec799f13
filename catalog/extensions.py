"""What one application has of its own in a version's life: a later sunset, and no brownouts."""

from datetime import datetime

from django.core.exceptions import ValidationError

from accounts.models import Application
from audit.actors import Actor
from audit.writing import changed_fields, record_event, write
from catalog.models import Extension, Version


@write
def set_extension(
    version: Version,
    application: Application,
    *,
    sunset_at: datetime | None,
    is_exempt: bool,
    actor: Actor,
    reason: str = "",
) -> None:
    """Give an application its own sunset and leave it out of brownouts, or take both away. Raises ValidationError."""
    version = Version.objects.select_for_update(of=("self",)).select_related("api").get(pk=version.pk)
    if sunset_at is not None and version.sunset_at is not None and sunset_at <= version.sunset_at:
        raise ValidationError({"sunset_at": "It would end no later than for everybody. Leave it empty instead."})
    row = Extension.objects.filter(version=version, application=application).first()
    row = row or Extension(version=version, application=application)
    changes = changed_fields(row, {"sunset_at": sunset_at, "is_exempt": is_exempt})
    if sunset_at is None and not is_exempt:
        Extension.objects.filter(version=version, application=application).delete()
    else:
        row.save()
    record_event(
        actor,
        "version.extended",
        version,
        organisation=application.organisation.public_id,
        changes={"application": [None, application.public_id], **changes},
        reason=reason,
        publishes=[("subscription", f"{application.public_id}/{version.api.public_id}")],
    )


def extension_of(version: Version, application: Application) -> Extension | None:
    """What it has of its own, if anything."""
    return Extension.objects.filter(version=version, application=application).first()


def own_sunset(version: Version, extension: Extension | None) -> datetime | None:
    """When it ends for an application: an extension ends nothing sooner, and nothing that has no end."""
    if version.sunset_at is None or extension is None or extension.sunset_at is None:
        return version.sunset_at
    return max(version.sunset_at, extension.sunset_at)
