"""`/media/images/<name>`: pictures of guides. Nothing else of what is stored can be asked for."""

from pathlib import PurePosixPath

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from guides.models import GuideRendition

MEDIA_TYPES = {
    ".gif": "image/gif",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """A rendition by its unguessable name, which changes with its pixels."""
    row = get_object_or_404(GuideRendition, file=f"images/{name}")
    media_type = MEDIA_TYPES.get(PurePosixPath(name).suffix)
    if media_type is None:
        raise Http404(name)
    try:
        with row.file.open("rb") as file:
            response = HttpResponse(file.read(), content_type=media_type)
    except FileNotFoundError:
        raise Http404(name) from None
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
