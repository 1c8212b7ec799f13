"""A few failures are asked once more, alone; what fails again, or more than a few, fails the run."""

import os
from pathlib import Path

import pytest

from tests.ground.asking import MOST_ASKED_AGAIN, notices, run_tests

FLAKY = """
import pathlib, pytest
@pytest.mark.xdist_group("shared")
@pytest.mark.parametrize("of", ["two words", "a@b]"])
def test_flaky(of):
    seen = pathlib.Path(of)
    if not seen.exists():
        seen.touch()
        raise AssertionError
def test_sound(): pass
"""
WRONG = "def test_wrong(): raise AssertionError\ndef test_sound(): pass\n"
ALL_WRONG = "import pytest\n@pytest.mark.parametrize('n', range({count}))\ndef test_wrong(n): assert not n < {count}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, in which each test notes that it was asked."""
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = xdist_group: of xdist\n")
    (tmp_path / "conftest.py").write_text(
        "def pytest_runtest_setup(item):\n    open('asked', 'a').write(item.name.partition('@')[0] + '\\n')\n"
    )
    return tmp_path


def run(project: Path, source: str, *, asks_again: bool = True, workers: bool = False) -> tuple[int, list[str], int]:
    """Exit status, what passed only alone, and how many tests were asked in all."""
    (project / "test_it.py").write_text(source)
    options = ["-p", "xdist", "-n", "2", "--dist", "loadgroup"] if workers else []
    told = run_tests(options, {**os.environ, "DATABASE_URL": ""}, asks_again=asks_again, folder=project)
    return told.status, told.passed_alone, len((project / "asked").read_text().splitlines())


def test_what_passes_alone_passes_and_is_named(project: Path) -> None:
    flaky = ["test_it.py::test_flaky[two words]", "test_it.py::test_flaky[a@b]]"]
    assert run(project, FLAKY, workers=True) == (0, flaky, 3 + 2)
    assert notices(flaky) == [f"==> Passed only when asked again, alone: {', '.join(flaky)}"]
    assert notices([]) == []


def test_what_fails_again_fails(project: Path) -> None:
    assert run(project, WRONG) == (1, [], 2 + 1)


def test_a_run_that_asks_once_asks_once(project: Path) -> None:
    assert run(project, FLAKY, asks_again=False) == (1, [], 3)


def test_more_than_a_few_failures_fail_at_once(project: Path) -> None:
    count = MOST_ASKED_AGAIN + 1
    assert run(project, ALL_WRONG.format(count=count)) == (1, [], count)


def test_what_cannot_be_collected_fails(project: Path) -> None:
    (project / "asked").touch()
    assert run(project, FLAKY + "import nowhere") == (2, [], 0)
