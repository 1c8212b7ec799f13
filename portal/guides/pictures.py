"""Pictures of a guide: only renditions are shown, so that what was uploaded never reaches a reader."""

from collections.abc import Collection

from wagtail.images.models import SourceImageIOError

from guides.image_models import SHOWN
from guides.models import GuideImage, GuideRendition


def renditions_of(image_ids: Collection[int]) -> dict[int, GuideRendition]:
    """By image; one whose file is lost or broken is missing. One query, and more where pictures are shown first."""
    if not image_ids:
        return {}
    found = {row.image_id: row for row in GuideRendition.objects.filter(image__in=image_ids, filter_spec=SHOWN)}
    if missing := set(image_ids) - found.keys():
        found |= {image.pk: made for image in GuideImage.objects.filter(pk__in=missing) if (made := _drawn(image))}
    return found


def _drawn(image: GuideImage) -> GuideRendition | None:
    try:
        made = image.get_rendition(SHOWN)
    except (SourceImageIOError, OSError):
        return None
    made.file.close()
    return made
