"""What the documents state as fact is compared with the code."""

import re
from pathlib import Path

import pytest

from accounts.models import Role
from contract.problems import PROBLEMS
from keys.signing_keys import DOCUMENTATION_TOKEN_SECONDS
from portal.management.commands.settings_reference import reference
from portal.role_words import ROLE_WORDS
from portal.trying.brake import MOST_CALLS_A_MINUTE
from portal.trying.form import MOST_BODY_BYTES
from portal.trying.sending import DEADLINE_SECONDS
from portal.trying.tried import MOST_READ_BYTES

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
COMMANDS = REPOSITORY / "portal" / "management" / "commands"
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def test_the_roles_are_those_of_the_code() -> None:
    rows = "".join(f"| {role.label} | {words} |\n" for role, words in ROLE_WORDS.items())
    assert f"| role | may |\n| --- | --- |\n{rows}\n" in (DOCS / "people.md").read_text()
    assert set(ROLE_WORDS) == set(Role)


def test_every_setting_is_documented_as_it_is():
    assert (DOCS / "settings.md").read_text() == reference()


def test_every_command_is_documented():
    named = set(re.findall(r"^\| `([a-z_]+)", (DOCS / "commands.md").read_text(), re.MULTILINE))
    assert named == {path.stem for path in COMMANDS.glob("*.py")} - {"__init__"}


@pytest.mark.parametrize("page", sorted([*DOCS.rglob("*.md"), REPOSITORY / "README.md"]), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path):
    missing = [target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()]
    assert missing == []


def test_the_limits_of_trying_are_those_of_the_code():
    text = (DOCS / "try-it.md").read_text()
    assert MOST_READ_BYTES == MOST_BODY_BYTES
    sizes, seconds = f"{MOST_BODY_BYTES >> 10} KiB", f"{DEADLINE_SECONDS:.0f} seconds"
    assert f"{MOST_CALLS_A_MINUTE} calls a minute and person, bodies of {sizes}" in text
    assert f"answers shown up to {sizes}, {seconds} |" in text
    assert f"{DOCUMENTATION_TOKEN_SECONDS // 60} minutes" in text


def test_every_make_target_in_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", (REPOSITORY / "README.md").read_text()))
    assert named
    assert named <= targets


def test_every_problem_type_is_documented_as_it_is():
    rows = [line for line in (DOCS / "gateway.md").read_text().splitlines() if re.match(r"\| `[a-z-]+` \| \d", line)]
    problems = sorted(PROBLEMS.values(), key=lambda problem: (problem.status, problem.slug))
    assert rows == [f"| `{problem.slug}` | {problem.status} | {problem.detail} |" for problem in problems]


def test_every_test_that_security_names_exists():
    named = re.findall(r"`([a-z_]+/[a-z_/]*(?:test_[a-z_]+\.py)?)`", (DOCS / "security.md").read_text())
    assert named
    assert [name for name in named if not (REPOSITORY / "tests" / name).exists()] == []
