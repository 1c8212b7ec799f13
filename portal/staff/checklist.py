"""The way from an empty installation to the first call, as the steps that are still open."""

from typing import NamedTuple

from django.db.models import Exists
from django.urls import reverse

from accounts.models import Application, User
from analytics.models import Call
from catalog.models import Api, State, Version
from plans.models import Plan


class Step(NamedTuple):
    """One thing to do: `text` says why, `url` where."""

    title: str
    text: str
    url: str
    action: str


_STEPS = (
    (
        lambda: Api.objects.all(),
        Step("Name your API", "It becomes the first part of every address at the gateway.", "api_new", "Add an API"),
    ),
    (
        lambda: Version.objects.filter(operations__isnull=False),
        Step(
            "Import its OpenAPI document",
            "Only documented operations are let through. Open the API, add a version, import the document.",
            "apis",
            "Open the APIs",
        ),
    ),
    (
        lambda: Version.objects.exclude(state=State.DRAFT),
        Step("Put a version live", "Set its upstream and its state; drafts are not served.", "apis", "Open the APIs"),
    ),
    (
        lambda: Plan.objects.filter(is_default=True, versions__isnull=False),
        Step(
            "Make the plan for newcomers",
            "Whoever signs up gets it: versions, scopes, limits, and which fields are masked.",
            "plan_new",
            "Add a plan",
        ),
    ),
    (
        lambda: Application.objects.all(),
        Step("Sign up as a developer", "Go the way that your developers will go.", "/signup/", "Sign up"),
    ),
    (
        lambda: Call.objects.all(),
        Step("See the first call", "Send the line that the start page shows; its row appears here.", "calls", "Calls"),
    ),
)


def open_steps(user: User) -> list[Step]:
    """What is not done yet, in order; one query, asked beside the row of whoever looks."""
    asked = [Exists(rows()) for rows, _ in _STEPS]
    done = User.objects.filter(pk=user.pk).values_list(*asked).get()
    return [
        step._replace(url=_address(step.url)) for (_, step), is_done in zip(_STEPS, done, strict=True) if not is_done
    ]


def _address(url: str) -> str:
    return url if url.startswith("/") else reverse(f"staff:{url}")
