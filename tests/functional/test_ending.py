"""The first signal asks for an orderly end, the next hastens it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.supervisor.ending import Ending
from demo.supervisor.identity import started_at
from demo.supervisor.refusal import StopRequested
from tests.functional.waiting import wait_for

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def ending() -> Iterator[Ending]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    made = Ending()
    made.listen()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_interrupts_and_the_next_hastens(ending: Ending, number: signal.Signals) -> None:
    hastened: list[int] = []
    with pytest.raises(StopRequested):
        signal.raise_signal(number)
    signal.raise_signal(number)
    ending.begin(lambda: hastened.append(1))
    signal.raise_signal(number)
    assert hastened == [1]


def test_a_signal_during_an_end_that_nobody_asked_for_hastens_it(ending: Ending) -> None:
    hastened: list[int] = []
    ending.begin(lambda: hastened.append(1))
    signal.raise_signal(signal.SIGTERM)
    assert hastened == [1]


SCRIPT = """
import os, sys, time
from pathlib import Path
from demo.supervisor.child import Program
from demo.supervisor.ending import Ending
from demo.supervisor.refusal import StopRequested
from demo.supervisor.stack import Stack
ending = Ending()
ending.listen()
stack = Stack(Path(sys.argv[1]), dict(os.environ), print)
stubborn = "import signal, time; signal.signal(15, 1); print('up', flush=True); time.sleep(600)"
try:
    stack.start([Program("stubborn", (sys.executable, "-c", stubborn), bool, stop_seconds=300)])
    stack.watch()
except StopRequested:
    print("stopping", flush=True)
finally:
    ending.begin(stack.kill)
    stack.stop()
"""


def test_a_second_ctrl_c_kills_a_child_that_does_not_go(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    output = tmp_path / "output"
    with output.open("wb") as sink:
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], stdout=sink)
    wait_for(lambda: (tmp_path / "log" / "stubborn.log").exists() and (tmp_path / "log" / "stubborn.log").read_text())
    child = int((tmp_path / "pids.json").read_text().split('"stubborn": ')[1].split(",")[0])
    process.send_signal(signal.SIGINT)
    wait_for(lambda: b"stopping" in output.read_bytes())
    assert started_at(child) is not None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert started_at(child) is None
