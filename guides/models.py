"""Guides: pages in a tree below one front page, and their pictures."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from catalog.models import Api
from contract.settings import settings
from guides import previews
from guides.blocks import GuideBody
from guides.image_models import GuideImage, GuideRendition
from guides.widgets import MomentInput

__all__ = ["Guide", "GuideImage", "GuideIndex", "GuideRendition"]
TOP_DEPTH = 3
"""Of the guides right below the front page; Wagtail's root stands at 1."""
MOST_LEVELS = 3


class Addressed(Page):
    """Pages whose addresses are ours to give, not those of Wagtail's own view."""

    class Meta:
        abstract = True

    @property
    def place(self) -> str:
        """The slugs from the top down, `keys/rotate`; empty for the front page."""
        return self.url_path.strip("/").partition("/")[2]

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int, str, str] | None:
        """Site, base and path, as Wagtail's admin asks for them."""
        parts = super().get_url_parts(request)
        path = reverse("guide", args=[self.place]) if self.place else reverse("guides")
        return parts and (parts[0], settings().portal_base, path)


class GuideIndex(Addressed):
    """The front page of all guides: there is one."""

    introduction = models.CharField(max_length=300, blank=True, help_text="One or two sentences above the list.")

    max_count = 1
    parent_page_types: list[str] = []
    subpage_types = ["guides.Guide"]
    preview_modes: list[tuple[str, str]] = []
    content_panels = [*Page.content_panels, "introduction"]
    promote_panels: list[Any] = []
    settings_panels: list[Any] = []

    class Meta:
        verbose_name = "front page of the guides"


class Guide(Addressed):
    """A guide. `api` hides it wherever that API is hidden."""

    summary = models.CharField(max_length=200, help_text="One sentence: what one can do after reading.")
    api = models.ForeignKey(
        Api,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="API",
        help_text="Only readers who may know of this API see the guide, and what stands below it.",
    )
    body = StreamField(GuideBody(), blank=True)

    parent_page_types = ["guides.GuideIndex", "guides.Guide"]
    subpage_types = ["guides.Guide"]
    content_panels = [*Page.content_panels, "summary", "api", "body"]
    promote_panels = [FieldPanel("slug")]
    settings_panels = [
        MultiFieldPanel(
            [
                FieldRowPanel(
                    [FieldPanel("go_live_at", widget=MomentInput()), FieldPanel("expire_at", widget=MomentInput())]
                )
            ],
            heading="Schedule, in UTC",
        )
    ]
    search_fields = [*Page.search_fields, index.SearchField("summary", boost=2), index.SearchField("body")]

    class Meta:
        verbose_name = "guide"

    @property
    def level(self) -> int:
        """1 for guides right below the front page."""
        return int(self.depth) - TOP_DEPTH + 1

    @classmethod
    def can_create_at(cls, parent: Page) -> bool:
        """Whether a guide may stand below `parent`: three levels are as many as the list beside a guide shows."""
        return bool(super().can_create_at(parent)) and parent.depth - TOP_DEPTH + 2 <= MOST_LEVELS

    def can_move_to(self, parent: Page) -> bool:
        """Whether it may stand below `parent` with all that stands below it."""
        deepest = self.get_descendants(inclusive=True).aggregate(models.Max("depth"))["depth__max"]
        fits = parent.depth + 1 + deepest - self.depth - TOP_DEPTH + 1 <= MOST_LEVELS
        return bool(super().can_move_to(parent)) and fits

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponseBase:
        """The draft as a page, for its editor."""
        return previews.draw(request, self)

    def clean(self) -> None:
        """Raises ValidationError for a summary of more than one line."""
        super().clean()
        if "\n" in self.summary:
            raise ValidationError({"summary": "One sentence on one line."})
