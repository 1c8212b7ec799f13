"""The browser behind a request, by the mark that it keeps in a cookie."""

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts import sign_ins
from accounts.code_tries import place_of
from accounts.devices import new_mark
from accounts.models import User
from accounts.sign_ins import Browser
from portal.client_address import client_address
from portal.pages.person import actor_for

COOKIE = "browser"
LIFETIME_SECONDS = 400 * 24 * 3600
SIGN_IN, _SEEN_AT = "sign-in", "seen at"
_MARK_LENGTH = 32


def mark_of(request: HttpRequest) -> str:
    """Empty where the browser has none, or something that we never gave it."""
    mark = request.COOKIES.get(COOKIE, "")
    return mark if len(mark) == _MARK_LENGTH else ""


def note_sign_in(request: HttpRequest, user: User, response: HttpResponse | None) -> None:
    """Keep a row of the sign-in, and mark the browser."""
    mark = mark_of(request) or new_mark()
    browser = Browser(mark, request.headers.get("User-Agent", ""), client_address(request))
    made = sign_ins.begin(user, request.session.session_key or "", browser, actor=actor_for(user, request))
    request.session[SIGN_IN], request.session[_SEEN_AT] = made.public_id, int(time.time())
    if response is not None:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(COOKIE, mark, LIFETIME_SECONDS, secure=secure, httponly=True, samesite="Lax")


def place_in(request: HttpRequest, user: User) -> str:
    """Where wrong codes for the person's account are counted."""
    return place_of(user, mark_of(request), client_address(request))


def note_seen(session: Any) -> None:
    """Every now and then, not with each request."""
    if SIGN_IN in session and time.time() - session.get(_SEEN_AT, 0) > sign_ins.SEEN_EVERY.total_seconds():
        session[_SEEN_AT] = int(time.time())
        sign_ins.note_seen(session[SIGN_IN], session.session_key)


def renew_session(session: Any) -> None:
    """Another key for the same session, after it has gained in rights."""
    session.cycle_key()
    if SIGN_IN in session:
        sign_ins.note_seen(session[SIGN_IN], session.session_key)
