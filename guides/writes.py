"""Writing guides by program; people write them in Wagtail's editor."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from wagtail.actions.move_page import MovePageAction
from wagtail.models import Page

from audit.actors import Actor
from audit.writing import write
from catalog.models import Api
from guides.events import acting
from guides.models import MOST_LEVELS, Guide, GuideIndex

Block = tuple[str, Any]
"""A block's name, as guides.blocks.GuideBody has it, and its value."""


@write
def publish_guide(
    slug: str,
    *,
    actor: Actor,
    title: str,
    summary: str,
    body: Sequence[Block] = (),
    api: Api | None = None,
    below: Guide | None = None,
) -> Guide:
    """Make a guide, the last below its parent, and publish it. Raises ValidationError."""
    guide = Guide(slug=slug, title=title, summary=summary, body=list(body), api=api)
    parent = below or GuideIndex.objects.get()
    with acting(actor):
        parent.add_child(instance=guide)
        guide.save_revision().publish()
    return guide


@write
def move_guide(guide: Guide, below: Page, *, actor: Actor) -> None:
    """Put a guide, with all below it, last below another page. Raises ValidationError."""
    if not guide.can_move_to(below):
        raise ValidationError({"below": f"{guide.title} cannot stand there: guides go {MOST_LEVELS} levels deep."})
    with acting(actor):
        MovePageAction(guide, below, pos="last-child").execute(skip_permission_checks=True)
