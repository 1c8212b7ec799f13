"""`/admin/people/…`: everybody with an account; shutting one out who uses the portal, and letting them in again."""

from collections.abc import Callable

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.deactivation import restore_person, suspend_person
from accounts.models import Membership, User
from accounts.second_factor import has_second_factor
from keys.consents import consents_of
from portal.staff.consoles import console, may
from portal.staff.form_page import Trail, form_page
from portal.staff.listing import chips_of, page_of
from portal.staff.reasons import ReasonForm
from portal.staff.saving import actor_of, done, saved

FILTERS = {"q": "E-mail address", "kind": "Kind", "state": "State"}
_MEMBER = Q(is_member=True)
KINDS = {"end user": ~_MEMBER & Q(is_staff=False), "member": _MEMBER, "staff": Q(is_staff=True)}
STATES = {"active": Q(is_active=True), "suspended": Q(is_active=False)}
MOST_SHOWN = 50


@console(User, "view")
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, the newest first."""
    context = {
        "title": "People",
        "page": page_of(_chosen(request), request),
        "chips": chips_of(request, FILTERS),
        "kinds": list(KINDS),
        "states": list(STATES),
    }
    return render(request, "staff/people.html", context)


def _chosen(request: HttpRequest) -> QuerySet[User]:
    rows = _with_kind().annotate(consent_count=Count("consents", filter=Q(consents__withdrawn_at=None)))
    if text := request.GET.get("q", "").strip()[:254]:
        rows = rows.filter(Q(email__icontains=text) | Q(public_id=text))
    for name, choices in (("kind", KINDS), ("state", STATES)):
        if chosen := choices.get(request.GET.get(name, "")):
            rows = rows.filter(chosen)
    return rows.order_by("-date_joined", "-pk")


def _with_kind() -> QuerySet[User]:
    return User.objects.annotate(is_member=Exists(Membership.objects.filter(user=OuterRef("pk"))))


@console(User, "view")
def person(request: HttpRequest, public_id: str) -> HttpResponse:
    """One person: where they belong, how they sign in, and what may act for them."""
    rows = _with_kind().annotate(signed_in_at=Max("sign_ins__created_at"))
    found = get_object_or_404(rows, public_id=public_id)
    context = {
        "title": found.email,
        "trail": trail_of_people(),
        "person": found,
        "memberships": found.memberships.select_related("organisation").order_by("created_at")[:MOST_SHOWN],
        "addresses": found.emailaddress_set.order_by("-primary", "email")[:MOST_SHOWN],
        "providers": found.socialaccount_set.values_list("provider", flat=True)[:MOST_SHOWN],
        "has_password": found.has_usable_password(),
        "has_factor": has_second_factor(found),
        "consents": consents_of(found)[:MOST_SHOWN],
        "may_change": may(request.user, "change", User) and not found.is_staff,
    }
    return render(request, "staff/person.html", context)


def trail_of_people() -> Trail:
    return [(reverse("staff:people"), "People")]


@console(User, "change")
def person_suspend(request: HttpRequest, public_id: str) -> HttpResponse:
    """Nobody acts for them, and they cannot sign in, until they are let in again."""
    found = _find(public_id)
    lead = (
        "They are signed out and cannot sign in. Programs that act for them are refused from the next call on, and get "
        "no new tokens. Keys of an organisation go on, also those that they made. Nothing is lost."
    )
    return _act(request, found, suspend_person, ("Suspend", "Suspend them", lead, "is suspended."))


@console(User, "change")
def person_restore(request: HttpRequest, public_id: str) -> HttpResponse:
    """As before."""
    found = _find(public_id)
    lead = "They may sign in again, and programs that they allowed may act for them again. Withdrawn consents stay so."
    return _act(request, found, restore_person, ("Let in", "Let them in again", lead, "may sign in again."))


def _find(public_id: str) -> User:
    """Staff are nobody here: see accounts.deactivation."""
    return get_object_or_404(User, public_id=public_id, is_staff=False)


def _act(
    request: HttpRequest, found: User, write: Callable[..., None], words: tuple[str, str, str, str]
) -> HttpResponse:
    """`words`: the title's verb, button, lead, what was done."""
    verb, submit, lead, was_done = words
    to, form = reverse("staff:person", args=[found.public_id]), ReasonForm(request.POST or None)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    if reason and saved(form, lambda: write(found, actor=actor_of(request), reason=reason)):
        return done(request, f"{found} {was_done}", to)
    trail = [*trail_of_people(), (to, found.email)]
    return form_page(request, form, title=f"{verb} {found}", submit=submit, lead=lead, trail=trail)
