"""`/problems/…`: the page that a problem's `type` names (RFC 9457, section 3.1.1)."""

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from contract.problems import PROBLEMS, problem_body
from contract.settings import settings
from portal.problem_advice import advice_on

#: Trails of the breadcrumb.
DOCS = [("/docs/", "Docs")]
EXAMPLE_REQUEST_ID = "01926f5c-7d1e-7c39-9a51-0f2b6a6f3c11"


@require_safe
def problem_types(request: HttpRequest) -> HttpResponse:
    """All of them, by status."""
    problems = [(problem, advice_on(problem.slug)) for problem in PROBLEMS.values()]
    return render(request, "problems/list.html", {"problems": problems, "docs_trail": DOCS, "nav": "docs"})


@require_safe
def problem_type(request: HttpRequest, slug: str) -> HttpResponse:
    """One of them."""
    if slug not in PROBLEMS:
        raise Http404(slug)
    context = {
        "problem": PROBLEMS[slug],
        "advice": advice_on(slug),
        "example": _example(slug),
        "trail": [*DOCS, ("/problems/", "Problem types")],
        "nav": "docs",
    }
    return render(request, "problems/detail.html", context)


def _example(slug: str) -> str:
    body = problem_body(slug, request_id=EXAMPLE_REQUEST_ID, docs_url=settings().portal_base)
    return msgspec.json.format(body, indent=2).decode()
