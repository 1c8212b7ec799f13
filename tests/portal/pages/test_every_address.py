"""Every address that takes no arguments answers a stranger, and what is only read refuses everything else."""

import pytest
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


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_it_answers_a_stranger(client, address):
    expected = {400} if address == "/oauth/authorize/" else {200, 302, 303, 403, 404, 405}
    assert client.get(address).status_code in expected


def test_the_list_is_not_empty():
    assert {"/", "/docs/", "/plans/", "/status/", "/login/", "/admin/"} <= set(ADDRESSES)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["put", "patch", "delete", "post"])
@pytest.mark.parametrize("address", [f"/{row.pattern}" for row in site if "<" not in str(row.pattern)])
def test_pages_are_only_read(client, address, method):
    expected = {303} if (address, method) == ("/theme/", "post") else {405}
    assert getattr(client, method)(address).status_code in expected


@pytest.mark.django_db
def test_browsers_and_crawlers_find_their_files(client):
    assert client.get("/robots.txt").content.startswith(b"User-agent: *\nDisallow: /admin/")
    assert client.get("/favicon.ico").headers["Location"].endswith("favicon.svg")


@pytest.mark.django_db
def test_the_theme_is_posted_with_the_pages_token(client):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    page = strict.get("/status/").content.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    assert strict.post("/theme/", {"theme": "dark"}).status_code == 403
    response = strict.post("/theme/", {"theme": "dark", "next": "/status/", "csrfmiddlewaretoken": token})
    assert (response.status_code, response.headers["Location"]) == (303, "/status/")
    assert 'data-theme="dark"' in strict.get("/status/").content.decode()
