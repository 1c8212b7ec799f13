"""Of Wagtail's own views those by which guides are written, each behind the right to write them.

They work under the same content policy as the consoles; what needs inline scripts (moving, date pickers) is ours.
Everything that such a request changes is one transaction with its audit events, on record as done by who asked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from guides.events import acting
from guides.models import Guide
from portal.pages.person import actor_of
from portal.staff.consoles import may

_PAGES = (
    *("add", "add_subpage", "edit", "delete", "unpublish", "copy"),
    *("preview_on_add", "preview_on_edit", "view_draft"),
    "set_page_position",
    *("history", "history_results", "revisions_index", "revisions_view", "revisions_revert", "revisions_compare"),
    "revisions_unschedule",
)
_IMAGES = ("index", "index_results", "add", "edit", "delete")
_IMAGE_CHOOSER = ("choose", "choose_results", "chosen", "create")
VIEWS = frozenset(
    {
        *("wagtailadmin_explore_root", "wagtailadmin_explore", "wagtailadmin_explore_results"),
        *("wagtailadmin_editing_sessions:ping", "wagtailadmin_editing_sessions:release"),
        *(f"wagtailadmin_pages:{name}" for name in _PAGES),
        *(f"wagtailimages:{name}" for name in _IMAGES),
        *(f"wagtailimages_chooser:{name}" for name in _IMAGE_CHOOSER),
    }
)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
View = Callable[..., HttpResponse]


def serve_editor(request: HttpRequest, view: View, args: Sequence[Any], kwargs: Mapping[str, Any]) -> HttpResponse:
    """The view's answer; 403 for who may not write guides."""
    if not may(request.user, "change", Guide):
        context = {"permission": "a group that may edit pages: Editors or Moderators"}
        return render(request, "staff/forbidden.html", context, status=403)
    with acting(actor_of(request)):
        if request.method in SAFE:
            return view(request, *args, **kwargs)
        with transaction.atomic():
            return view(request, *args, **kwargs)
