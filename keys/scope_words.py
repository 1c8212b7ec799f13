"""Scopes as people read them before they allow them: in words, and which fields stay masked all the same."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import prefetch_related_objects

from accounts.models import Application
from catalog.fields import fields_of
from catalog.models import Operation, Version
from catalog.scope_words import scope_descriptions
from plans.coverage import active_subscriptions
from plans.models import Plan
from plans.reach import operations_within_plans
from plans.visibility import Sight

MOST_SUMMARIES = 4
MOST_FIELDS = 12


class ScopeWords(NamedTuple):
    """A scope, what it lets a client do, and the names of fields that the client does not see as they are."""

    scope: str
    words: str
    masked: list[str]


def scope_words(application: Application, scopes: Iterable[str], apis: Iterable[str]) -> list[ScopeWords]:
    """For each scope, within the APIs (slugs) that the application's plans cover. Five queries."""
    slugs, wanted = set(apis), sorted(set(scopes))
    held = [one for one in active_subscriptions(application) if one.api.slug in slugs]
    prefetch_related_objects(held, "plan__masks")
    plans = {one.api_id: one.plan for one in held}
    operations = [one for one in operations_within_plans(application) if one.version.api_id in plans]
    needing = _with_documents([one for one in operations if one.scope in wanted])
    return [_in_words(scope, [one for one in needing if one.scope == scope], plans) for scope in wanted]


def _with_documents(operations: list[Operation]) -> list[Operation]:
    """Documents are large: one for a version."""
    versions = Version.objects.defer(None).select_related("api").in_bulk({one.version_id for one in operations})
    for one in operations:
        one.version = versions[one.version_id]
    return operations


def _in_words(scope: str, operations: list[Operation], plans: dict[int, Plan]) -> ScopeWords:
    described = (scope_descriptions(one.version.document).get(scope) for one in operations)
    words = next(filter(None, described), "") or _summaries(operations)
    masked = [path for one in operations for path in _masked(one, plans[one.version.api_id])]
    return ScopeWords(scope, words, list(dict.fromkeys(masked))[:MOST_FIELDS])


def _summaries(operations: list[Operation]) -> str:
    """Where nothing describes the scope, what it opens does."""
    names = list(dict.fromkeys(one.summary or str(one) for one in operations))
    more = len(names) - MOST_SUMMARIES
    return ", ".join(names[:MOST_SUMMARIES]) + (f" and {more} more" if more > 0 else "")


def _masked(operation: Operation, plan: Plan) -> list[str]:
    sight = Sight.of(plan, operation)
    fields = fields_of(operation) if sight.rules else []
    return [field.path.replace("[]", "").removeprefix("data.") for field in fields if sight.masked_on(field)]
