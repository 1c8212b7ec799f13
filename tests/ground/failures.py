"""A pytest plugin that notes which tests failed, one id a line, in the file that FAILURES_FILE names."""

import os
from pathlib import Path

import pytest

VARIABLE = "FAILURES_FILE"


def noted(file: Path) -> list[str]:
    """The ids of what failed, each once, in order."""
    return list(dict.fromkeys(file.read_text().splitlines())) if file.exists() else []


def pytest_configure(config: pytest.Config) -> None:
    """With workers, the process that hands out tests hears of each failure; the workers say nothing."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Notes(Path(os.environ[VARIABLE])))


class _Notes:
    def __init__(self, file: Path) -> None:
        self._file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed:
            with self._file.open("a") as file:
                file.write(_without_group(report.nodeid) + "\n")


def _without_group(node_id: str) -> str:
    """pytest-xdist adds `@group` to the id of a test that shares a worker."""
    head, bracket, rest = node_id.rpartition("]")
    return head + bracket if bracket else rest.partition("@")[0]
