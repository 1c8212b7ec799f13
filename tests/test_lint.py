"""Lint turns red where the architecture is broken."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lint import CHECKS, REPOSITORY, passes


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tracked Python sources, to be broken."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "pyproject.toml"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split():
        source, target = REPOSITORY / name, tmp_path / name
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return tmp_path


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("gateway/clock.py", "import keys"),
        ("gateway/clock.py", "from django.conf import settings"),
        ("contract/key_format.py", "import django"),
        ("audit/models.py", "import plans.models"),
        ("keys/models.py", "import portal.urls"),
        ("portal/urls.py", "import gateway"),
    ],
)
def test_a_planted_import_against_the_order_turns_lint_red(copy: Path, place: str, line: str) -> None:
    with (copy / place).open("a") as source:
        source.write(f"\n{line}\n")
    assert not passes("imports", CHECKS["imports"], copy)


def test_the_imports_as_they_are_pass(copy: Path) -> None:
    assert passes("imports", CHECKS["imports"], copy)
