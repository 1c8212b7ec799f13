"""Every address that takes no arguments answers a stranger, and what is only read refuses everything else."""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from portal.pages.site_urls import urlpatterns as site


def addresses(patterns, prefix="") -> list[str]:
    found = []
    for pattern in patterns:
        route = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
        if isinstance(pattern, URLResolver):
            found += addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and not any(char in route for char in "<(?"):
            found.append(f"/{route}")
    return sorted(set(found))


ADDRESSES = addresses(get_resolver("portal.urls").url_patterns)
ANSWERS = {200, 302, 303, 403, 404, 405}


@pytest.mark.django_db
def test_it_answers_a_stranger():
    answers = {address: Client().get(address).status_code for address in ADDRESSES}
    assert answers.pop("/oauth/authorize/") == 400
    assert {address: status for address, status in answers.items() if status not in ANSWERS} == {}


def test_the_list_is_not_empty():
    assert {"/", "/docs/", "/plans/", "/status/", "/login/", "/admin/"} <= set(ADDRESSES)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["put", "patch", "delete", "post"])
def test_pages_are_only_read(method):
    addresses = [f"/{row.pattern}" for row in site if "<" not in str(row.pattern)]
    answers = {address: getattr(Client(), method)(address).status_code for address in addresses}
    assert answers.pop("/theme/") == (303 if method == "post" else 405)
    assert {address: status for address, status in answers.items() if status != 405} == {}


@pytest.mark.django_db
def test_browsers_and_crawlers_find_their_files(client):
    assert client.get("/robots.txt").content.startswith(b"User-agent: *\nDisallow: /admin/")
    assert client.get("/favicon.ico").headers["Location"].endswith("favicon.svg")


@pytest.mark.django_db
def test_the_theme_is_posted_with_the_pages_token(client):
    strict = Client(enforce_csrf_checks=True)
    page = strict.get("/status/").content.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    assert strict.post("/theme/", {"theme": "dark"}).status_code == 403
    response = strict.post("/theme/", {"theme": "dark", "next": "/status/", "csrfmiddlewaretoken": token})
    assert (response.status_code, response.headers["Location"]) == (303, "/status/")
    assert 'data-theme="dark"' in strict.get("/status/").content.decode()
