"""`/problems/…`: a page for each problem type, where its `type` points."""

import json

import pytest

from contract.problems import PROBLEMS, problem_body
from portal.problem_advice import ADVICE
from tests.portal.pages.library import HOSTILE
from tests.portal.pages.reading import read, words


def test_every_problem_type_has_its_own_advice_and_no_other():
    assert set(ADVICE) == set(PROBLEMS)
    texts = [advice.fix for advice in ADVICE.values()]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("slug", PROBLEMS)
def test_the_type_of_a_problem_is_the_address_of_its_page(client, slug):
    address = json.loads(problem_body(slug, request_id="1", docs_url=""))["type"]
    page = words(read(client, address))
    assert PROBLEMS[slug].title in page
    assert str(PROBLEMS[slug].status) in page
    assert ADVICE[slug].cause in page
    assert ADVICE[slug].fix in page


def test_the_list_links_to_all_of_them(client):
    page = read(client, "/problems/")
    assert all(f'href="/problems/{slug}/"' in page for slug in PROBLEMS)


@pytest.mark.parametrize("slug", ["nothing", "INVALID", "invalid%00", "x" * 5000, "..", HOSTILE])
def test_an_unknown_type_is_not_found(client, slug):
    response = client.get(f"/problems/{slug}/")
    assert response.status_code == 404
    assert HOSTILE not in response.content.decode()
