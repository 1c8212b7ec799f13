"""`/admin/keys/<id>/…`: what staff do to a key, each with its reason."""

from collections.abc import Callable

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from keys.consents import withdraw_consents
from keys.debugging import set_debug
from keys.models import Credential, Kind, Side
from keys.narrowing import HeldScope, held_scopes, narrow_key, undo_narrowing
from keys.suspension import resume_key, suspend_key
from keys.writes import revoke_key
from portal.staff.applications import trail_of_application
from portal.staff.consoles import console
from portal.staff.form_page import form_page
from portal.staff.reasons import ReasonForm
from portal.staff.saving import actor_of, done, saved


def _find(public_id: str) -> Credential:
    return get_object_or_404(
        Credential.objects.select_related("application__organisation", "created_by"), public_id=public_id
    )


@console(Credential, "change")
def key_revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    """For good; the application's other keys go on."""
    found = _find(public_id)
    lead = f"It answers 401 from the next call on and cannot come back. Other keys of {found.application} go on."
    return _act(
        request,
        found,
        ReasonForm(request.POST or None),
        lambda reason: revoke_key(found, actor=actor_of(request), reason=reason),
        words=(f"Revoke {found.name}", "Revoke it for good", lead, "is revoked."),
    )


@console(Credential, "change")
def key_suspend(request: HttpRequest, public_id: str) -> HttpResponse:
    """Until staff let it go on: its team cannot."""
    found = _find(public_id)
    lead = "Its calls are refused until staff let it go on; its own team cannot. Nothing of it is lost."
    return _act(
        request,
        found,
        ReasonForm(request.POST or None),
        lambda reason: suspend_key(found, Side.STAFF, actor=actor_of(request), reason=reason),
        words=(f"Suspend {found.name}", "Suspend it", lead, "is suspended."),
    )


@console(Credential, "change")
def key_resume(request: HttpRequest, public_id: str) -> HttpResponse:
    """Whoever suspended it."""
    found = _find(public_id)
    lead = "Its calls are answered again, with the same secret and scopes."
    return _act(
        request,
        found,
        ReasonForm(request.POST or None),
        lambda reason: resume_key(found, Side.STAFF, actor=actor_of(request), reason=reason),
        words=(f"Let {found.name} go on", "Let it go on", lead, "goes on."),
    )


@console(Credential, "change")
def key_debug(request: HttpRequest, public_id: str) -> HttpResponse:
    """Let its calls ask where their time went, or end that."""
    found = _find(public_id)
    is_debug = not found.is_debug
    return _act(
        request,
        found,
        ReasonForm(request.POST or None),
        lambda reason: set_debug(found, is_debug=is_debug, actor=actor_of(request), reason=reason),
        words=(
            f"Debugging with {found.name}",
            "Let it ask" if is_debug else "End that",
            "Answers to its calls with X-Portcullis-Debug: 1 name each step's time in Server-Timing.",
            "may ask where its time went." if is_debug else "may no more ask where its time went.",
        ),
    )


@console(Credential, "change")
def client_consents_withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Everybody's, where a client is no longer to be trusted with any of them; it may ask anew."""
    found = get_object_or_404(Credential.objects.filter(kind=Kind.CLIENT), public_id=public_id)
    standing = found.consents.filter(withdrawn_at=None).count()
    people = "1 person" if standing == 1 else f"{standing} people"
    lead = (
        f"{people} let it act for them. Its tokens on their behalf are refused from the next call on; it may ask anew."
    )

    def act(reason: str) -> None:
        withdraw_consents(found, actor=actor_of(request), reason=reason)

    return _act(
        request,
        found,
        ReasonForm(request.POST or None),
        act,
        words=(f"Withdraw all consents of {found.name}", "Withdraw them all", lead, "acts for nobody now."),
    )


class NarrowForm(ReasonForm):
    """Takes away exactly the scopes that the page showed."""

    scopes = forms.CharField(max_length=10_000, widget=forms.HiddenInput)


@console(Credential, "change")
def key_narrow(request: HttpRequest, public_id: str) -> HttpResponse:
    """To the scopes that its calls needed in 30 days. What has been used since the page was shown is not taken."""
    found = _find(public_id)
    held = held_scopes(found, timezone.now())
    unused = [one for one in held if one.is_unused]
    form = NarrowForm(request.POST or None, initial={"scopes": " ".join(one.scope for one in unused)})
    taken = form.data.get("scopes", "").split()
    return _act(
        request,
        found,
        form,
        lambda reason: narrow_key(found, taken, actor=actor_of(request), reason=reason),
        words=(f"Narrow {found.name}", "Take them away", _lead(unused), "is narrowed to what it uses."),
        template="staff/key_narrow.html",
        held=held,
        unused=unused,
    )


def _lead(unused: list[HeldScope]) -> str:
    if not unused:
        return "It used every scope within 30 days, or has it for less: there is nothing to take away."
    return "Calls that need these scopes would be refused with 403. In 30 days there was none. You can take it back."


@console(Credential, "change")
def key_narrow_undo(request: HttpRequest, public_id: str) -> HttpResponse:
    """The scopes as they were before, where nothing changed them since."""
    found = _find(public_id)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if form.is_valid() and saved(form, lambda: undo_narrowing(found, actor=actor_of(request))):
        return done(request, f"{found.name} has the scopes back that it had.", reverse("staff:key", args=[public_id]))
    return form_page(
        request,
        form,
        title=f"Give {found.name} its scopes back",
        submit="Give them back",
        lead="All that the last narrowing took, and nothing else.",
        trail=_trail(found),
    )


def _act(
    request: HttpRequest,
    found: Credential,
    form: ReasonForm,
    act: Callable[[str], None],
    *,
    words: tuple[str, str, str, str],
    template: str = "staff/form_page.html",
    **more: object,
) -> HttpResponse:
    """Ask for the reason, then act. `words`: title, button, lead, what was done."""
    title, submit, lead, was_done = words
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    if reason and saved(form, lambda: act(reason)):
        return done(request, f"{found.name} {was_done}", reverse("staff:key", args=[found.public_id]))
    return form_page(
        request, form, title=title, submit=submit, lead=lead, trail=_trail(found), template=template, **more
    )


def _trail(found: Credential) -> list[tuple[str, str]]:
    return [*trail_of_application(found.application), (reverse("staff:key", args=[found.public_id]), found.name)]
