"""Every address of ours in a URLconf. Wagtail's own views are not ours: the gate of the staff side keeps them shut."""

from collections.abc import Iterator
from typing import NamedTuple

from django.urls import URLPattern, URLResolver

Patterns = list[URLPattern | URLResolver]


class Route(NamedTuple):
    """`name` with its namespaces, or the pattern where it has none; `view` is the function behind it."""

    name: str
    view: str


def our_routes(patterns: Patterns, namespace: str = "", prefix: str = "") -> Iterator[Route]:
    """Depth first, in the URLconf's order."""
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield Route(f"{namespace}{pattern.name}" if pattern.name else address, pattern.lookup_str)
            continue
        inside = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
        routes = our_routes(pattern.url_patterns, inside, address)
        yield from (route for route in routes if not (_is_wagtails(pattern) and _is_imported(route)))


def _is_wagtails(pattern: URLResolver) -> bool:
    return getattr(pattern.urlconf_module, "__name__", "").startswith("wagtail.")


def _is_imported(route: Route) -> bool:
    """Consoles that we register among Wagtail's addresses are views of ours."""
    return route.view.startswith(("wagtail.", "django."))
