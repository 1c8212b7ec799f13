"""Calls in the log, as if the gateway had told them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from analytics.models import Call
from contract.request_ids import new_request_id
from tests.cast import Cast


def make_call(cast: Cast, **values: Any) -> Call:
    """An answered call of the cast's key a minute ago."""
    version = cast.version
    given = {
        "request_id": new_request_id(),
        "at": timezone.now() - timedelta(minutes=1),
        "organisation": cast.organisation.public_id,
        "application": cast.application.public_id,
        "credential": cast.key.credential.public_id,
        "environment": "test",
        "gateway": "gw-1",
        "method": "GET",
        "path": "/library/v1/books",
        "api": version.api.public_id,
        "version": version.public_id,
        "operation": version.operations.get(method="GET", path="/books").public_id,
        "outcome": "answered",
        "status": 200,
        "duration_us": 12_000,
    }
    return Call.objects.create(**given | values)
