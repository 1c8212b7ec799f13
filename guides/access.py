"""Which guides a reader may know of, in the tree's order."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from wagtail.models import PageViewRestriction

from guides.models import TOP_DEPTH, Guide
from plans.access import Reader, versions_open_to

_STEP = Guide.steplen


def guides_open_to(reader: Reader) -> list[Guide]:
    """Published ones without their texts, in the tree's order. One query.

    A guide is not there where its API is hidden from the reader, where what stands above it is not there, and where a
    view restriction of Wagtail's covers it: we offer none, so one that was set by other means hides it from everybody.
    """
    kept: dict[str, Guide] = {}
    for guide in _published().filter(_api_is_open_to(reader)).defer("body").order_by("path"):
        if guide.depth == TOP_DEPTH or guide.path[:-_STEP] in kept:
            kept[guide.path] = guide
    return list(kept.values())


def _published() -> QuerySet[Guide]:
    restrictions = PageViewRestriction.objects.filter(Q(page=OuterRef("pk")) | Q(page__depth__lt=TOP_DEPTH))
    return Guide.objects.live().exclude(Exists(restrictions))


def _api_is_open_to(reader: Reader) -> Q:
    return Q(api=None) | Q(api__in=versions_open_to(reader).order_by().values("api"))
