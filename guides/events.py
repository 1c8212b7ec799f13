"""From Wagtail's log to the audit log: what is done to guides and their pictures, by whom."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver
from wagtail.models import PageLogEntry

from audit.actors import Actor
from audit.writing import record_event, write
from guides.models import Guide, GuideImage

SYSTEM = Actor("system", "guides", "Schedule of guides")
_actor: ContextVar[Actor] = ContextVar("who is at work on guides", default=SYSTEM)
#: Wagtail's actions as things that were done; what is missing keeps its name.
_DONE = {
    "wagtail.create": "created",
    "wagtail.edit": "draft_saved",
    "wagtail.publish": "published",
    "wagtail.publish.scheduled": "published_on_schedule",
    "wagtail.publish.schedule": "scheduled",
    "wagtail.schedule.cancel": "schedule_cancelled",
    "wagtail.unpublish": "unpublished",
    "wagtail.unpublish.scheduled": "expired",
    "wagtail.rename": "renamed",
    "wagtail.revert": "reverted",
    "wagtail.move": "moved",
    "wagtail.reorder": "reordered",
    "wagtail.copy": "copied",
    "wagtail.lock": "locked",
    "wagtail.unlock": "unlocked",
    "wagtail.delete": "deleted",
}


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Whatever Wagtail does within is on record as done by this actor."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


@receiver(post_save, sender=PageLogEntry)
def _page_logged(instance: PageLogEntry, created: bool, **_: Any) -> None:
    if created:
        note_act(Guide(pk=instance.page_id), done(instance.action), instance.label, instance.data)


@receiver(post_save, sender=GuideImage)
def _image_saved(instance: GuideImage, created: bool, **_: Any) -> None:
    note_act(instance, "uploaded" if created else "changed", instance.title)


@receiver(pre_delete, sender=GuideImage)
def _image_deleted(instance: GuideImage, **_: Any) -> None:
    note_act(instance, "deleted", instance.title)


def done(action: str) -> str:
    """`wagtail.publish` is `published`."""
    return _DONE.get(action) or action.removeprefix("wagtail.").replace(".", "_")


@write
def note_act(target: Guide | GuideImage, act: str, label: str, data: dict[str, Any] | None = None) -> None:
    """One audit event; `data` is what Wagtail's log says besides."""
    kind = "guide" if isinstance(target, Guide) else "guide_image"
    changes = json.loads(json.dumps(data or {}, cls=DjangoJSONEncoder))
    record_event(_actor.get(), f"{kind}.{act}", target, changes=changes, object_label=label)
