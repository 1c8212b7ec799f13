"""From a bare clone to a call that answers: `make demo` and nothing else."""

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from tests.functional.callers import PROVE
from tests.ground.environment import REPOSITORY, foreign_environment
from tests.stack import Stack, free_ports, running_stack


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "portcullis"
    subprocess.run(["git", "clone", "--quiet", f"file://{REPOSITORY}", str(folder)], check=True)
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """As on a fresh machine; when proving, the home is empty, so that every package is fetched anew."""
    ports = dict(zip(("PORTAL_PORT", "GATEWAY_PORT", "UPSTREAM_PORT"), map(str, free_ports(3)), strict=True))
    home = {"HOME": str(tmp_path / "home")} if PROVE else {}
    ours = ("MAKELEVEL", "MAKEFLAGS", "MFLAGS", "VIRTUAL_ENV", "PYTHONPATH")
    return {name: value for name, value in foreign_environment().items() if name not in ours} | ports | home


@pytest.mark.prove
def test_make_demo_in_a_fresh_clone_reaches_ready_twice_and_its_curl_answers(
    clone: Path, environment: dict[str, str], record_property: pytest.FixtureRequest
) -> None:
    with running_stack(clone / "var", environment, ("make", "demo"), clone) as first:
        record_property("cold_seconds", seconds_to_ready(first))  # type: ignore[operator]
        keys = first.demo["keys"]
        assert printed_call(first).startswith("HTTP/1.1 200")
        for step in ("Making the virtual environment", "locked packages", "Preparing the database"):
            assert step in first.output.read_text()
        first.stop(signal.SIGINT)
    with running_stack(clone / "var", environment, ("make", "demo"), clone) as second:
        record_property("warm_seconds", seconds_to_ready(second))  # type: ignore[operator]
        assert second.demo["keys"] == keys
        assert printed_call(second).startswith("HTTP/1.1 200")
        assert "locked packages" not in second.output.read_text()
    assert changed_files(clone) == ""


def seconds_to_ready(stack: Stack) -> int:
    found = re.search(r"ready after (\d+) s", stack.output.read_text())
    assert found
    return int(found[1])


def printed_call(stack: Stack) -> str:
    curl = re.search(r"^ *(curl .*)$", stack.output.read_text(), re.MULTILINE)
    assert curl
    return subprocess.run([*shlex.split(curl[1]), "-s"], capture_output=True, text=True, check=True).stdout


def changed_files(clone: Path) -> str:
    done = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    return done.stdout


def test_make_alone_lists_the_targets(environment: dict[str, str]) -> None:
    listed = subprocess.run(
        ["make"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    ).stdout
    for target in ("setup", "demo", "test", "prove", "lint", "reset"):
        assert re.search(rf"^ *make {target} +\S", listed, re.MULTILINE)


def test_an_old_python_is_told_what_is_needed(tmp_path: Path, environment: dict[str, str]) -> None:
    """An interpreter that says it is 3.9 stands for an old one."""
    pretend = "import sys; sys.version_info = (3, 9, 1); sys.argv = ['install.py', 'base']; "
    run = f"import runpy; runpy.run_path({str(REPOSITORY / 'requirements/install.py')!r}, run_name='__main__')"
    done = subprocess.run(
        ["python3", "-c", pretend + run], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert done.stderr.strip().splitlines()[-1].startswith("Portcullis needs Python 3.11 or newer;")


def test_no_python_at_all_is_told_in_a_line(environment: dict[str, str], clone: Path) -> None:
    done = subprocess.run(
        ["make", "setup", "PYTHON=python0.0"], cwd=clone, env=environment, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "python0.0" in done.stderr
    assert not os.path.exists(clone / ".venv")
