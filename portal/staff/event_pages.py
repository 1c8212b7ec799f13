"""Where what an event is about has its page, and where an act is undone."""

from collections.abc import Mapping

from django.urls import NoReverseMatch, reverse

from audit.models import Event

#: By kind of object, the console that shows it.
PAGES: Mapping[str, str] = {
    "api": "api",
    "version": "version",
    "plan": "plan",
    "organisation": "organisation",
    "application": "application",
    "credential": "key",
    "user": "person",
    "subscription": "subscription",
    "restriction": "restriction",
}
#: By action, the console on which it is taken back. What has no line here cannot be taken back: a revoked key is gone.
UNDO: Mapping[str, str] = {
    "organisation.suspended": "organisation_resume",
    "organisation.active": "organisation_suspend",
    "subscription.set": "subscription",
    "person.suspended": "person_restore",
    "person.restored": "person_suspend",
    "key.suspended": "key_resume",
    "key.resumed": "key_suspend",
    "key.narrowed": "key",
    "client.suspended": "key_resume",
    "client.resumed": "key_suspend",
    "client.narrowed": "key",
    "restriction.applied": "restriction",
    "restriction.lifted": "restriction",
    "restriction.end_changed": "restriction",
    "restriction.undone": "restriction",
    "plan.mask_added": "plan",
    "plan.mask_changed": "plan",
    "plan.limits_set": "plan_limits",
    "version.changed": "version_edit",
}


def page_of_object(event: Event) -> str:
    """The address of what it was done to; empty where that has no page."""
    return _address(PAGES.get(event.object_kind, ""), event.object_id)


def undo_page(event: Event) -> str:
    """The address where it is taken back; empty where it cannot be."""
    return _address(UNDO.get(event.action, ""), event.object_id)


def _address(name: str, public_id: str) -> str:
    try:
        return reverse(f"staff:{name}", args=[public_id]) if name else ""
    except NoReverseMatch:
        return ""
