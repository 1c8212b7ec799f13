"""Children under supervision, with small real processes in the programs' place."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.supervisor.child import Child, Program
from demo.supervisor.identity import orphans, started_at
from demo.supervisor.pids import stop_leftovers, write_pids
from demo.supervisor.refusal import Refusal
from demo.supervisor.stack import Stack
from tests.functional.waiting import wait_for

SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
STUBBORN = (sys.executable, "-c", "import signal, time; signal.signal(15, 1); print('up', flush=True); time.sleep(600)")
#: Starts a process of its own and tells its number.
PARENT = (
    sys.executable,
    "-c",
    "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True); input()",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "log").mkdir()
    return tmp_path


@pytest.fixture
def stack(folder: Path) -> Iterator[Stack]:
    made = Stack(folder, dict(os.environ), lambda line: None)
    yield made
    made.kill()
    made.stop()


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Child]]:
    """Starts a child on its own, which ends with the test."""
    children: list[Child] = []

    def start_one(name: str, command: tuple[str, ...] = SLEEPER) -> Child:
        child = Child(program(name, command), dict(os.environ), folder / "log" / f"{name}.log")
        children.append(child)
        child.start()
        return child

    yield start_one
    for child in children:
        child.stop()


def program(name: str, command: tuple[str, ...] = SLEEPER, stop_seconds: float = 5) -> Program:
    return Program(name, command, lambda: True, stop_seconds)


def pids(folder: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads((folder / "pids.json").read_text())
    return found


def test_a_child_that_dies_is_started_again_after_a_longer_pause_each_time(start: Callable[..., Child]) -> None:
    child = start("quick", (sys.executable, "-c", "raise SystemExit(3)"))
    lines = [wait_for(child.tend) for _ in range(5)]
    assert lines[0] == "quick ended with status 3; starting it again in 0.5 s"
    assert (lines[1] or "").startswith("quick started again (process ")
    assert lines[2] == "quick ended with status 3; starting it again in 1 s"
    assert (lines[4] or "").endswith("in 2 s")


def test_a_signal_that_ended_a_child_is_named(start: Callable[..., Child]) -> None:
    child = start("victim")
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    assert "was ended by signal 9" in (wait_for(child.tend) or "")


def test_what_a_dead_child_started_dies_with_it(start: Callable[..., Child]) -> None:
    child = start("parent", PARENT)
    grandchild = int(wait_for(child.log.read_text).split()[0])
    wait_for(child.tend)
    wait_for(lambda: started_at(grandchild) is None)


def test_children_stop_in_the_reverse_order_and_a_stubborn_one_is_killed(folder: Path, stack: Stack) -> None:
    stack.start([program("first"), program("second", STUBBORN, stop_seconds=0.2), program("third")])
    noted = pids(folder)
    assert [*noted][1:4] == ["first", "second", "third"]
    wait_for(lambda: "up" in (folder / "log" / "second.log").read_text())
    ended: list[str] = []
    watcher = threading.Thread(target=_note_ends, args=(noted, ended))
    watcher.start()
    stack.stop()
    watcher.join()
    assert ended == ["third", "second", "first"]
    assert not (folder / "pids.json").exists()


def _note_ends(noted: dict[str, int], ended: list[str]) -> None:
    deadline = time.monotonic() + 20
    while len(ended) < 3 and time.monotonic() < deadline:
        ended += [
            name for name in ("third", "second", "first") if name not in ended and started_at(noted[name]) is None
        ]


def test_a_child_that_does_not_come_up_is_refused_with_its_last_words(stack: Stack) -> None:
    stack.start([program("mute", (sys.executable, "-c", "raise SystemExit('the cellar is flooded')"))])
    time_limit = pytest.raises(Refusal, match=r"mute did not start: the cellar is flooded")
    with time_limit:
        wait_for(lambda: stack.wait_until_healthy() and False)


def test_the_log_of_the_run_before_is_kept(folder: Path, stack: Stack) -> None:
    (folder / "log" / "one.log").write_text("before")
    stack.start([program("one")])
    wait_for(lambda: "up" in (folder / "log" / "one.log").read_text())
    assert (folder / "log" / "one.log.1").read_text() == "before"


def test_a_left_over_child_is_stopped_and_a_stranger_with_its_number_is_not(folder: Path) -> None:
    left = subprocess.Popen(SLEEPER, start_new_session=True, stdout=subprocess.DEVNULL)
    stranger = subprocess.Popen(SLEEPER, start_new_session=True, stdout=subprocess.DEVNULL)
    started = {"supervisor": "x", "gateway": started_at(left.pid), "worker": "another start"}
    noted = {"supervisor": 1, "gateway": left.pid, "worker": stranger.pid, "started": started}
    (folder / "pids.json").write_text(json.dumps(noted))
    lines: list[str] = []
    reaper = threading.Thread(target=left.wait)
    reaper.start()
    try:
        stop_leftovers(folder / "pids.json", lines.append)
        reaper.join(timeout=5)
        assert left.returncode == -signal.SIGTERM
        assert stranger.poll() is None
        assert [line for line in lines if "gateway" in line]
        assert not (folder / "pids.json").exists()
    finally:
        stranger.kill()
        stranger.wait()


def test_what_a_dead_left_over_child_started_is_stopped(folder: Path) -> None:
    script = (
        f"import subprocess; subprocess.Popen([{sys.executable!r}, '-c', 'import time; time.sleep(600)']); print(1)"
    )
    leader = subprocess.Popen([sys.executable, "-c", script], start_new_session=True, stdout=subprocess.DEVNULL)
    noted = {"gateway": leader.pid, "started": {"gateway": started_at(leader.pid)}}
    leader.wait()
    left = wait_for(lambda: orphans(leader.pid))
    (folder / "pids.json").write_text(json.dumps(noted))
    stop_leftovers(folder / "pids.json", lambda line: None)
    for pid in left:
        wait_for(lambda pid=pid: started_at(pid) is None)


@pytest.mark.parametrize(
    "text", ["", "not json", "[]", "{}", '{"started": {"a": "1"}}', '{"a": "x", "started": {"a": 1}}']
)
def test_a_damaged_note_of_processes_stops_nothing_and_nobody(folder: Path, text: str) -> None:
    (folder / "pids.json").write_text(text)
    stop_leftovers(folder / "pids.json", lambda line: pytest.fail(line))
    assert not (folder / "pids.json").exists()


def test_a_note_names_start_times_of_living_processes(folder: Path) -> None:
    write_pids(folder / "pids.json", {"me": os.getpid()})
    assert pids(folder)["me"] == pids(folder)["supervisor"] == os.getpid()
    assert started_at(os.getpid()) == pids(folder)["started"]["me"]  # type: ignore[index]
    assert started_at(2**22 + 1) is None


def test_children_end_when_the_supervisor_is_killed(folder: Path) -> None:
    script = (
        "import os, time; from pathlib import Path; from demo.supervisor.child import Program; "
        "from demo.supervisor.stack import Stack; "
        f"Stack(Path({str(folder)!r}), dict(os.environ), print).start([Program('one', {SLEEPER!r}, bool)]); "
        "time.sleep(600)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", script])
    wait_for(lambda: (folder / "log" / "one.log").exists() and "up" in (folder / "log" / "one.log").read_text())
    child = pids(folder)["one"]
    supervisor.kill()
    supervisor.wait()
    wait_for(lambda: started_at(child) is None)
