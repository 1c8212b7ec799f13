"""Rows of the call log, as the ingest writes them."""

import uuid
from typing import Any

from django.utils import timezone

from accounts.models import Application
from analytics.models import Call
from catalog.models import Operation


def make_calls(application: Application, operation: Operation, count: int = 1, **values: Any) -> list[Call]:
    """Answered calls, one after the other, up to now."""
    return Call.objects.bulk_create(_call(application, operation, values) for _ in range(count))


def _call(application: Application, operation: Operation, values: dict[str, Any]) -> Call:
    version = operation.version
    facts = {
        "request_id": str(uuid.uuid4()),
        "at": timezone.now(),
        "organisation": application.organisation.public_id,
        "application": application.public_id,
        "credential": "key_none",
        "environment": "test",
        "gateway": "gateway",
        "method": operation.method,
        "path": operation.path,
        "api": version.api.public_id,
        "version": version.public_id,
        "operation": operation.public_id,
        "outcome": "answered",
        "status": 200,
        "duration_us": 64_000,
    }
    return Call(**(facts | values))
