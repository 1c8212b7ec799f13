"""`/admin/apis/changelog/<id>/`: an entry of the changelog, drafted from what a document changed."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog.models import Api, ChangelogEntry
from plans.changelog import changes_of, draft_text, subscribers, write_entry
from portal.diff_rows import sections_of_changes
from portal.staff.consoles import console
from portal.staff.form_page import form_page
from portal.staff.saving import actor_of, done, saved
from portal.staff.versions import trail_of_version


class EntryForm(forms.Form):
    """Title and text; publishing is a button of its own."""

    title = forms.CharField(max_length=200)
    text = forms.CharField(
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="CommonMark. Every reader of the version sees it, whatever their plan masks.",
    )


@console(Api, "change")
def changelog_entry(request: HttpRequest, public_id: str) -> HttpResponse:
    """Write an entry; publish it once, which tells the subscribers."""
    rows = ChangelogEntry.objects.select_related("version__api", "before", "after")
    entry = get_object_or_404(rows, public_id=public_id)
    changes = changes_of(entry)
    words = {"title": entry.title or f"Revision {entry.after.number}", "text": entry.text or draft_text(changes)}
    form = EntryForm(request.POST or None, initial=words)
    publish = request.POST.get("act") == "publish"
    if form.is_valid() and saved(
        form, lambda: write_entry(entry, **form.cleaned_data, publish=publish, actor=actor_of(request))
    ):
        to = reverse("staff:api", args=[entry.version.api.public_id])
        return done(request, "The entry is published." if publish else "The entry is saved.", to)
    return form_page(
        request,
        form,
        title=f"Changelog of {entry.version}",
        submit="Save",
        trail=trail_of_version(entry.version),
        lead="Published; changes of the text show at once." if entry.published_at else "A draft: only staff see it.",
        template="staff/changelog_entry.html",
        entry=entry,
        sections=sections_of_changes(changes),
        told=len(subscribers(entry.version)),
    )
