"""The form that moves a guide."""

from typing import Any

from django import forms
from django.db.models import Max, Q, QuerySet
from wagtail.models import Page

from guides.models import MOST_LEVELS, TOP_DEPTH, Guide


class MoveForm(forms.Form):
    """What a guide is to stand below; it becomes the last there."""

    below = forms.ModelChoiceField(queryset=Page.objects.none(), label="Below", empty_label=None)

    def __init__(self, *args: Any, guide: Guide, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["below"].queryset = places_for(guide)  # type: ignore[attr-defined]
        self.fields["below"].label_from_instance = _indented  # type: ignore[attr-defined]
        self.initial = {"below": guide.get_parent().pk}


def places_for(guide: Guide) -> QuerySet[Page]:
    """The front page, and guides that leave room for all levels of this one."""
    deepest = guide.get_descendants(inclusive=True).aggregate(Max("depth"))["depth__max"]
    lowest = TOP_DEPTH - 1 + MOST_LEVELS - (deepest - guide.depth + 1)
    places = Page.objects.filter(depth__gte=TOP_DEPTH - 1, depth__lte=lowest)
    return places.exclude(Q(path__startswith=guide.path)).order_by("path")


def _indented(page: Page) -> str:
    return "\u2003" * (page.depth - TOP_DEPTH + 1) + page.title
