"""Pictures of guides. What is uploaded stays inside; pages show renditions, which are drawn anew from its pixels."""

import secrets
from pathlib import PurePosixPath

from django.db import models
from wagtail.images.models import AbstractImage, AbstractRendition

SHOWN = "max-1360x1360"
"""Twice the width of a column of text."""


class GuideImage(AbstractImage):
    """A picture; its file's name is nobody's to guess."""

    admin_form_fields = ("title", "file")

    class Meta(AbstractImage.Meta):
        permissions = [("choose_guideimage", "Can choose guide image")]

    def get_upload_to(self, filename: str) -> str:
        """A random name with the ending of the uploaded one."""
        return f"original_images/{secrets.token_hex(16)}{PurePosixPath(filename).suffix.lower()}"


class GuideRendition(AbstractRendition):
    """A picture as pages show it, at `/media/images/<name>`."""

    image = models.ForeignKey(GuideImage, models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "filter_spec", "focal_point_key"], name="one_rendition_per_filter")
        ]
