"""`/admin/leaks/`: secrets that somebody found in public, and a form for what staff were sent."""

from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.actors import people_named
from keys.leak_tokens import MOST_TEXT_CHARACTERS, tokens_in
from keys.leaks import Found, handle, receive
from keys.models import LeakReport
from portal.pages.redirects import see_other
from portal.staff.consoles import console
from portal.staff.listing import page_of
from portal.staff.saving import actor_of, done


class LeakForm(forms.Form):
    """A text with keys of ours somewhere in it."""

    text = forms.CharField(
        label="Keys, or a text that holds them",
        max_length=MOST_TEXT_CHARACTERS,
        help_text="Nothing of it is kept but the keys' digests.",
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false", "autocomplete": "off"}),
    )
    url = forms.CharField(label="Where it was found", required=False, max_length=2000)

    def clean_text(self) -> str:
        """Raises ValidationError where no key of ours is in it."""
        text = str(self.cleaned_data["text"])
        if not tokens_in(text):
            raise ValidationError("No key of ours is in this text. Keys look like pc_live_ and 36 letters and digits.")
        return text

    def found(self) -> list[Found]:
        """What the text holds."""
        return [Found(token, "form", self.cleaned_data["url"]) for token in tokens_in(self.cleaned_data["text"])]


@console(LeakReport, "change")
def leaks(request: HttpRequest) -> HttpResponse:
    """GET lists what was reported; POST reports, acts at once, and says what became of each key."""
    form = LeakForm(request.POST or None)
    if form.is_valid():
        found, began_at = form.found(), timezone.now()
        ours = handle(receive(found, actor=actor_of(request)))
        if len(ours) < len(found):
            unknown = len(found) - len(ours)
            messages.info(request, f"{unknown} of {len(found)} belong{'s' if unknown == 1 else ''} to no key here.")
        to = reverse("staff:leaks")
        return done(request, _words(ours, began_at), to) if ours else see_other(to)
    page = page_of(_reports(), request)
    people = people_named(report.reporter for report in page.rows)
    context = {"title": "Leaks", "form": _without_text(form), "page": page, "people": people}
    return render(request, "staff/leaks.html", context, status=422 if form.errors else 200)


def _reports() -> QuerySet[LeakReport]:
    known = LeakReport.objects.exclude(secret=None)
    return known.select_related("secret__credential__application__organisation")


def _words(ours: list[LeakReport], began_at: datetime) -> str:
    return " ".join(_sentence(report, is_new=report.received_at >= began_at) for report in ours)


def _sentence(report: LeakReport, *, is_new: bool) -> str:
    assert report.secret is not None
    done_with_it = report.get_outcome_display().lower()
    return f"{report.secret.credential}: {done_with_it if is_new else 'reported before, nothing changed'}."


def _without_text(form: LeakForm) -> LeakForm:
    """What was pasted is not sent back: a page is kept and looked at over shoulders."""
    if form.errors:
        form.data = form.data.copy()  # type: ignore[union-attr]
        form.data["text"] = ""
    return form
