"""Sign-ins: one row for each, which lives as long as its session; and the letter about a browser never seen before."""

from datetime import timedelta
from typing import NamedTuple

from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from accounts.devices import digest_of_mark, truncated, words_of_agent
from accounts.models import SignIn, User
from accounts.session_store import digest_of_session
from audit.actors import Actor
from audit.writing import record_event, write
from notices.mail import post
from notices.models import Letter

MOST_NOTICES_A_DAY = 5
SEEN_EVERY = timedelta(minutes=10)


class Browser(NamedTuple):
    """What a request says of where it comes from."""

    mark: str
    agent: str
    address: str


@write
def begin(user: User, session_key: str, browser: Browser, *, actor: Actor) -> SignIn:
    """Note a sign-in. A browser that is new to somebody who has signed in before is told to them by mail."""
    device = digest_of_mark(browser.mark)
    earlier = SignIn.objects.filter(user=user)
    is_new = earlier.exists() and not earlier.filter(device=device).exists()
    words, network = words_of_agent(browser.agent), truncated(browser.address)
    session = digest_of_session(session_key)
    made = SignIn.objects.create(user=user, session_key=session, device=device, words=words, network=network)
    record_event(actor, "person.signed_in", user, changes={"browser": [None, words], "new": [None, is_new]})
    if is_new and _may_write_to(user):
        when = f"{made.created_at:%d %b %Y, %H:%M} UTC"
        context = {"words": words, "network": network, "when": when, "path": "/account/sessions/"}
        post("new_sign_in", user.email, context)
    return made


def _may_write_to(user: User) -> bool:
    """To addresses that are theirs, and not without end."""
    if not user.emailaddress_set.filter(email__iexact=user.email, verified=True).exists():
        return False
    today = Letter.objects.filter(kind="new_sign_in", to=user.email, created_at__gt=timezone.now() - timedelta(days=1))
    return today.count() < MOST_NOTICES_A_DAY


def is_known_browser(login: str, mark: str) -> bool:
    """Whether the browser has signed in before to an account with that e-mail address."""
    if not mark:
        return False
    known = SignIn.objects.filter(device=digest_of_mark(mark))
    return known.filter(user__emailaddress__email__iexact=login).exists()


def note_seen(public_id: str, session_key: str) -> None:
    """The session is in use; a session that got another key keeps its row."""
    session = digest_of_session(session_key)
    SignIn.objects.filter(public_id=public_id).update(session_key=session, last_seen_at=timezone.now())


def open_sign_ins(user: User) -> QuerySet[SignIn]:
    """Those whose session still lives, the last used first."""
    living = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return SignIn.objects.filter(user=user, session_key__in=living).order_by("-last_seen_at", "-id")


@write
def end(sign_ins: QuerySet[SignIn], user: User, *, actor: Actor) -> int:
    """Sign out elsewhere: the sessions are gone, the rows stay to know their browsers by. Returns how many."""
    keys = list(sign_ins.filter(user=user).values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    record_event(actor, "person.sessions_ended", user, changes={"sessions": [len(keys), 0]})
    return len(keys)
