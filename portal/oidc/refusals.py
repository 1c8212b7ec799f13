"""The page for a sign-in through the provider that did not come to its end: what happened, and the way back."""

from enum import Enum
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from contract.settings import settings


class Words(NamedTuple):
    """Status, heading and sentence; `{name}` is the provider's."""

    status: int
    heading: str
    why: str


class Refusal(Enum):
    """Nothing of what the provider answered is told."""

    CANCELLED = Words(400, "You are not signed in", "The sign-in at {name} was not finished. Nothing was changed.")
    ENDED = Words(
        400,
        "This sign-in has ended",
        "It was begun in another browser, is more than ten minutes old, or has been used already.",
    )
    FAILED = Words(
        502, "{name} could not confirm who you are", "It did not answer, or not in a way that can be trusted."
    )
    UNVERIFIED = Words(
        403,
        "{name} does not vouch for your e-mail address",
        "Confirm your address there, then come back. Or sign up here with address and password.",
    )
    TAKEN = Words(
        409,
        "Your e-mail address has an account here already",
        "Sign in to it with its password. {name} cannot open an account that was made without it.",
    )
    UNKNOWN = Words(
        403,
        "You have no account here yet",
        "You get one when a program asks for your consent and sends you here: begin there.",
    )
    STAFF = Words(
        403, "Staff do not sign in this way", "Sign in with your password or passkey, and your second factor."
    )


def refuse(request: HttpRequest, refusal: Refusal, target: str = "") -> HttpResponse:
    """`target` is where the sign-in was to lead; it goes along on the way back."""
    words, name = refusal.value, settings().oidc_name
    back = reverse("account_login")
    context = {
        "heading": words.heading.format(name=name),
        "why": words.why.format(name=name),
        "back": f"{back}?{urlencode({'next': target})}" if target else back,
    }
    return render(request, "oidc/refused.html", context, status=words.status)
