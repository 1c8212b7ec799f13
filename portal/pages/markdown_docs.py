"""The documentation's pages as Markdown, for language models and editors: the same facts as the pages'."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from contract.problems import PROBLEMS
from contract.settings import settings
from portal.pages import docs
from portal.pages.guides import MEDIA_TYPE
from portal.problem_advice import advice_on


@require_safe
def version(request: HttpRequest, api: str, version: str) -> HttpResponse:
    """A version's operations, with what the plan masks in each."""
    return _written(request, "docs/version.md", docs.version_context(request, api, version))


@require_safe
def operation(request: HttpRequest, api: str, version: str, anchor: str) -> HttpResponse:
    """One operation."""
    return _written(request, "docs/operation.md", docs.operation_context(request, api, version, anchor))


@require_safe
def problem_types(request: HttpRequest) -> HttpResponse:
    """All problem types."""
    problems = [(problem, advice_on(problem.slug)) for problem in PROBLEMS.values()]
    return _written(request, "problems/list.md", {"problems": problems})


def _written(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    return render(request, template, {**context, "base": settings().portal_base}, content_type=MEDIA_TYPE)
