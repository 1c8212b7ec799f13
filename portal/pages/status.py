"""`/status/` for people, `/healthz` and `/readyz` for whatever restarts processes and sends them traffic."""

from typing import NamedTuple

import redis
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analytics.backlog import Backlog, log_backlog
from contract.problems import problem_body
from contract.settings import settings
from portal import vital_signs
from portal.pages.coming_ends import coming_ends
from portal.vital_signs import Gateways

SLOW_AFTER_SECONDS, STUCK_AFTER_SECONDS = 5, 60
RETRY_AFTER_SECONDS = 5


class Part(NamedTuple):
    """One part of the installation; `kind` is ok, warn, critical or quiet."""

    name: str
    kind: str
    word: str
    note: str


@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Which parts answer. Without its database the page drops what needs an account."""
    has_database, has_valkey = vital_signs.database_answers(), vital_signs.valkey_answers()
    parts = [
        gateways_part(vital_signs.gateways()),
        Part("Portal", "ok", "Answering", "This page comes from it."),
        answering_part("Database", has_database, "Pages that show or change something do not work without it."),
        answering_part(
            "Valkey", has_valkey, "Gateways admit no call without it; they answer 503 and say when to retry."
        ),
        log_part(_backlog()),
        changes_part(_unpublished()),
    ]
    now = timezone.now()
    context = {
        "parts": parts,
        "coming": coming_ends(request.user, now) if has_database else [],
        "at": now,
        "frame": "base.html" if has_database else "trouble.html",
        "nav": "status",
    }
    return render(request, "status/status.html", context)


def gateways_part(found: Gateways | None) -> Part:
    """The gateways in a word."""
    if found is None:
        return Part("Gateways", "quiet", "Not known", "Their heartbeats stand in Valkey, which does not answer.")
    if not found.answering:
        return Part("Gateways", "critical", "None answering", "Calls to the API fail until one is back.")
    text = f"{found.answering} answering"
    if found.silent:
        return Part("Gateways", "warn", text, f"{found.silent} stopped in the last hour. The others go on.")
    return Part("Gateways", "ok", text, "Each says so every second.")


def answering_part(name: str, answers: bool, without_it: str) -> Part:
    """A part that answers or does not."""
    return Part(name, "ok", "Answering", "") if answers else Part(name, "critical", "Not answering", without_it)


def log_part(backlog: Backlog | None) -> Part:
    """How far the call log is behind."""
    if backlog is None:
        return Part("Call log", "quiet", "Not known", "It cannot be compared while Valkey or the database is away.")
    if backlog.oldest_seconds < SLOW_AFTER_SECONDS:
        return Part("Call log", "ok", "Up to date", "A call is in the log about a second after its answer.")
    kind = "warn" if backlog.oldest_seconds < STUCK_AFTER_SECONDS else "critical"
    behind = f"{backlog.oldest_seconds:,.0f} s behind"
    return Part("Call log", kind, behind, f"{backlog.calls:,} calls wait in Valkey to be written. None is lost.")


def changes_part(waiting: int | None) -> Part:
    """Whether what was changed is in force."""
    if waiting is None:
        return Part(
            "Changes", "quiet", "Not known", "The list of changes stands in the database, which does not answer."
        )
    if waiting:
        return Part(
            "Changes", "warn", f"{waiting:,} on their way", "Changed keys and plans that gateways do not know yet."
        )
    return Part("Changes", "ok", "All in force", "Keys and plans are at the gateways as they stand here.")


def _backlog() -> Backlog | None:
    try:
        return log_backlog()
    except (redis.RedisError, DatabaseError):
        return None


def _unpublished() -> int | None:
    try:
        return vital_signs.unpublished_changes()
    except DatabaseError:
        return None


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 with database and Valkey, else a 503 problem that names what is missing and nothing about it."""
    parts = {"the database": vital_signs.database_answers(), "Valkey": vital_signs.valkey_answers()}
    missing = [name for name, answers in parts.items() if not answers]
    return _not_ready(request, missing) if missing else JsonResponse({"status": "ready"})


def _not_ready(request: HttpRequest, missing: list[str]) -> HttpResponse:
    body = problem_body(
        "unavailable",
        request_id=getattr(request, "request_id", ""),
        docs_url=settings().portal_base,
        detail=f"The portal cannot work without {' and '.join(missing)}.",
    )
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return HttpResponse(body, status=503, content_type="application/problem+json", headers=headers)
