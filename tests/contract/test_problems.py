"""Every problem type says publicly what happened and what to do, and nothing of our insides."""

import json
import re
from http import HTTPStatus

import pytest

from contract.problems import PROBLEMS, problem_body

INTERNAL = re.compile(r"valkey|redis|django|postgres|sqlite|lua|python|traceback|exception", re.IGNORECASE)


@pytest.mark.parametrize("slug", sorted(PROBLEMS))
def test_a_problem_has_words_and_a_status_that_exists(slug: str) -> None:
    problem = PROBLEMS[slug]
    assert re.fullmatch("[a-z]+(-[a-z]+)*", slug)
    assert HTTPStatus(problem.status) >= HTTPStatus.BAD_REQUEST
    assert problem.title[0].isupper()
    assert problem.detail[-1] == "."
    assert not INTERNAL.search(problem.title + problem.detail)


def test_slugs_and_titles_are_told_apart() -> None:
    assert len({problem.title for problem in PROBLEMS.values()}) == len(PROBLEMS)
    assert all(slug == problem.slug for slug, problem in PROBLEMS.items())


def test_a_body_is_problem_json_with_the_type_as_a_page_and_the_request_id() -> None:
    body = json.loads(
        problem_body("rate-limited", request_id="req-1", docs_url="https://api.example", instance="/a", retry=3)
    )
    assert body == {
        "type": "https://api.example/problems/rate-limited/",
        "title": "Too many calls",
        "status": 429,
        "detail": "Wait for Retry-After, then go on.",
        "request_id": "req-1",
        "instance": "/a",
        "retry": 3,
    }


def test_a_slug_that_is_not_in_the_table_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        problem_body("no-such", request_id="r", docs_url="x")
