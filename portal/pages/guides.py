"""`/docs/guides/…`: what the API's people have written, for whoever may know of what it is about."""

from typing import Any

from csp.constants import SELF
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from wagtail.contrib.redirects.models import Redirect

from accounts.access import NotVisible
from contract.settings import settings
from guides.access import guides_open_to
from guides.models import Guide, GuideIndex
from guides.outline import above, at_place, neighbours
from portal.guides.parts import content_of

MEDIA_TYPE = "text/markdown; charset=utf-8; variant=CommonMark"
"""RFC 7763."""


@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    """The front page: every guide that the reader may know of."""
    front = GuideIndex.objects.first()
    context = {"front": front, "guides": guides_open_to(request.user), "nav": "docs", "trail": _trail()[:1]}
    return render(request, "guides/front.html", context)


@require_safe
def guide(request: HttpRequest, place: str) -> HttpResponse:
    """One guide; where it stood before, the way to where it stands now. Raises NotVisible."""
    open_ones = guides_open_to(request.user)
    found = at_place(open_ones, place)
    if found is None:
        return _moved(open_ones, request.path_info)
    return render(request, "guides/guide.html", _context(request, found, open_ones))


@require_safe
def guide_markdown(request: HttpRequest, place: str) -> HttpResponse:
    """The same as Markdown. Raises NotVisible."""
    found = at_place(guides_open_to(request.user), place)
    if found is None:
        raise NotVisible(place)
    context = {"guide": found, "content": content_of(found, request.user), "base": settings().portal_base}
    return render(request, "guides/guide.md", context, content_type=MEDIA_TYPE)


def preview(request: HttpRequest, guide: Guide) -> HttpResponse:
    """A draft, within its editor's page: not yet in the tree, it has no neighbours."""
    content = content_of(guide, request.user, says_gone=True)
    context = {"guide": guide, "content": content, "nav": "docs", "trail": _trail(), "is_preview": True}
    response = render(request, "guides/guide.html", context)
    response._csp_replace = {"frame-ancestors": [SELF]}  # type: ignore[attr-defined]
    return response


def _moved(open_ones: list[Guide], path: str) -> HttpResponseRedirect:
    """Raises NotVisible where nothing that the reader may know of ever stood there."""
    row = Redirect.objects.filter(old_path=Redirect.normalise_path(path)).first()
    found = next((guide for guide in open_ones if row is not None and guide.pk == row.redirect_page_id), None)
    if found is None:
        raise NotVisible(path)
    return redirect("guide", found.place, permanent=True)


def _context(request: HttpRequest, guide: Guide, open_ones: list[Guide]) -> dict[str, Any]:
    parents = [(reverse("guide", args=[row.place]), row.title) for row in above(open_ones, guide)]
    return {
        "guide": guide,
        "guides": open_ones,
        "content": content_of(guide, request.user),
        "neighbours": neighbours(open_ones, guide),
        "trail": [*_trail(), *parents],
        "nav": "docs",
    }


def _trail() -> list[tuple[str, str]]:
    return [(reverse("docs"), "Docs"), (reverse("guides"), "Guides")]
