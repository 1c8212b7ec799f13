"""What a call log shows when nobody has asked for a time."""

from django.http import QueryDict

DEFAULT_RANGE = "24h"


def with_default_range(query: QueryDict) -> QueryDict:
    """The last 24 hours, unless a time or one call is asked for."""
    if any(name in query for name in ("range", "since", "until", "request_id")):
        return query
    query = query.copy()
    query["range"] = DEFAULT_RANGE
    return query
