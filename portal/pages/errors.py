"""The pages for what went wrong: each with its cause, the next step and the request id."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return render(request, "400.html", status=400)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, for strangers too."""
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return render(request, "403.html", {"error": exception}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 where the database does not answer: Django calls this while it handles the exception."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _database_lost(request)
    return render(request, "500.html", status=500)


def _database_lost(request: HttpRequest) -> HttpResponse:
    response = render(request, "503.html", status=503)
    response["Retry-After"] = "5"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 where a form came without its token: mostly a page that stood open through a sign-out."""
    return render(
        request, "403.html", {"error": "The form was too old or came from elsewhere. Load it again."}, status=403
    )
