"""Files that browsers and crawlers look for by name."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

#: Crawlers may read what everybody may; the rest only answers them with a sign-in.
ROBOTS = """\
User-agent: *
Disallow: /admin/
Disallow: /apps/
Disallow: /account/
Disallow: /keys/
Disallow: /logs/
Disallow: /search/
"""


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """RFC 9309."""
    return HttpResponse(ROBOTS, content_type="text/plain")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For browsers that do not read the page's own link."""
    return redirect(static("icons/favicon.svg"))
