"""One installation from its first start to its reset, through a stop, deaths of every part, and a killed supervisor."""

import os
import signal
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from demo.supervisor.identity import started_at
from tests.functional.waiting import wait_for
from tests.ground.environment import REPOSITORY
from tests.stack import SUPERVISOR, Stack, lay_prepared, running_stack, stack_environment

CHILDREN = {"valkey", "upstream", "gateway", "worker", "portal"}


@pytest.mark.prove
def test_it_keeps_keys_and_data_through_stops_deaths_and_kills_until_it_is_reset(tmp_path: Path) -> None:
    var_dir = tmp_path / "var"
    lay_prepared(var_dir)
    environment = stack_environment(var_dir)
    keys = stop_by_ctrl_c(var_dir, environment)
    survive_deaths_of_children(var_dir, environment, keys)
    survive_kill(var_dir, environment, keys)
    reset_deletes_what_it_wrote(var_dir, environment)


def stop_by_ctrl_c(var_dir: Path, environment: dict[str, str]) -> dict[str, str]:
    with running_stack(var_dir, environment) as stack:
        keys, pids = stack.demo["keys"], stack.pids
        assert stack.stop(signal.SIGINT) == 0
    assert living(pids) == set()
    assert not (var_dir / "pids.json").exists()
    assert not (var_dir / "valkey.socket").exists()
    return dict(keys)


def survive_deaths_of_children(var_dir: Path, environment: dict[str, str], keys: dict[str, str]) -> None:
    with running_stack(var_dir, environment) as stack:
        assert stack.demo["keys"] == keys
        assert answers(stack, keys["pro"])
        before = stack.pids
        for name in CHILDREN:
            os.kill(before[name], signal.SIGKILL)
        wait_for(lambda: all(stack.pids.get(name, before[name]) != before[name] for name in CHILDREN))
        wait_for(lambda: answers(stack, keys["free"]))
        for name in CHILDREN:
            assert f"{name} was ended by signal 9" in stack.output.read_text()
        survive_its_own_kill(stack)


def survive_its_own_kill(stack: Stack) -> None:
    stack.process.kill()
    stack.process.wait()


def survive_kill(var_dir: Path, environment: dict[str, str], keys: dict[str, str]) -> None:
    with running_stack(var_dir, environment) as stack:
        assert stack.demo["keys"] == keys
        assert answers(stack, keys["free"])
        assert stack.stop(signal.SIGTERM) == 0


def reset_deletes_what_it_wrote(var_dir: Path, environment: dict[str, str]) -> None:
    (var_dir / "holiday.txt").write_text("mine")
    (var_dir / "log" / "diary.txt").write_text("mine")
    for _twice in range(2):
        subprocess.run((*SUPERVISOR[:-1], "reset"), env=environment, cwd=REPOSITORY, check=True, capture_output=True)
    left = {str(path.relative_to(var_dir)) for path in var_dir.rglob("*") if path.is_file()}
    assert left == {"holiday.txt", "log/diary.txt"}


def living(pids: dict[str, Any]) -> set[str]:
    return {name for name in CHILDREN if started_at(pids[name]) == pids["started"][name]}


def answers(stack: Stack, key: str) -> bool:
    request = urllib.request.Request(stack.demo["gateway"] + stack.demo["masked"], headers={"X-API-Key": key})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
