"""`/admin/guides/`: every guide with where it stands, and the ways into Wagtail's editor."""

from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.access import NotVisible
from audit.actors import Actor
from guides.models import Guide, GuideIndex
from guides.writes import move_guide
from portal.pages.redirects import SeeOther
from portal.staff.consoles import console
from portal.staff.form_page import form_page
from portal.staff.guide_forms import MoveForm
from portal.staff.listing import page_of
from portal.staff.saving import actor_of, saved


class Standing(NamedTuple):
    """A guide's state in words, as `state` draws it."""

    kind: str
    text: str
    drawing: str


@console(Guide, "change")
def guides(request: HttpRequest) -> HttpResponse:
    """All guides in the tree's order, drafts included."""
    page = page_of(
        Guide.objects.select_related("api").defer("body").annotate_approved_schedule().order_by("path"), request
    )
    front = GuideIndex.objects.get()
    context = {
        "title": "Guides",
        "rows": [(guide, standing_of(guide)) for guide in page.rows],
        "page": page,
        "add_url": reverse("wagtailadmin_pages:add", args=["guides", "guide", front.pk]),
        "order_url": f"{reverse('wagtailadmin_explore', args=[front.pk])}?ordering=ord",
    }
    return render(request, "staff/guides.html", context)


def standing_of(guide: Guide) -> Standing:
    """Live, changed since, to come, over, or a draft."""
    if guide.live:
        return Standing("warn", "Live, changes not published", "wait") if guide.has_unpublished_changes else LIVE
    if guide.approved_schedule:
        return Standing("info", "Scheduled", "wait")
    return Standing("quiet", "Expired", "none") if guide.expired else Standing("quiet", "Draft", "none")


LIVE = Standing("ok", "Live", "live")


@console(Guide, "change")
def guide_move(request: HttpRequest, page_id: int) -> HttpResponse:
    """Put a guide below another, or at the top. Stands at the address of Wagtail's own view, whose chooser needs inline
    scripts."""
    guide = get_object_or_404(Guide, pk=page_id)
    if not guide.permissions_for_user(request.user).can_move():
        raise NotVisible(str(page_id))
    form = MoveForm(request.POST or None, guide=guide)
    if request.method == "POST" and form.is_valid() and saved(form, _move(guide, form, actor_of(request))):
        messages.success(request, f"{guide.draft_title} stands at {guide.place}.")
        return SeeOther(reverse("staff:guides"))
    trail = [(reverse("staff:guides"), "Guides")]
    lead = "What stands below it goes along. Its old address leads to the new one."
    return form_page(request, form, title=f"Move {guide.draft_title}", submit="Move", trail=trail, lead=lead)


def _move(guide: Guide, form: MoveForm, actor: Actor) -> Callable[[], None]:
    return lambda: move_guide(guide, form.cleaned_data["below"], actor=actor)
