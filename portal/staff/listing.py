"""Lists a page at a time, and what a list is filtered by."""

from typing import Any, NamedTuple

from django.db.models import Model, QuerySet
from django.http import HttpRequest

PAGE_ROWS = 50
MOST_PAGES = 2000


class Page(NamedTuple):
    """One page of rows with the addresses of its neighbours."""

    rows: list[Any]
    text: str
    newer_url: str
    older_url: str


def page_of(rows: QuerySet[Model], request: HttpRequest) -> Page:
    """The page that `?page=` names, one query; a number that makes no sense is the first page."""
    number = _page_number(request.GET.get("page", ""))
    start = (number - 1) * PAGE_ROWS
    found = list(rows[start : start + PAGE_ROWS + 1])
    shown = found[:PAGE_ROWS]
    return Page(
        rows=shown,
        text=f"{start + 1:,} to {start + len(shown):,}" if shown else "None",
        newer_url=with_query(request, page=str(number - 1)) if number > 1 else "",
        older_url=with_query(request, page=str(number + 1)) if len(found) > PAGE_ROWS else "",
    )


def _page_number(text: str) -> int:
    return min(max(int(text), 1), MOST_PAGES) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def with_query(request: HttpRequest, **changed: str) -> str:
    """This page's address with some of its query changed; empty takes a name out."""
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = value
        if not value:
            del query[name]
    return f"{request.path}?{query.urlencode()}" if query else request.path


def chips_of(request: HttpRequest, names: dict[str, str]) -> list[tuple[str, str, str]]:
    """For each filter in force its name, value and the address without it. `names` maps parameters to words."""
    given = [(name, request.GET.get(name, "")) for name in names]
    return [(names[name], value, with_query(request, **{name: "", "page": ""})) for name, value in given if value]
