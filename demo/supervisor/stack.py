"""The children together: started in order, watched, ended in the reverse order."""

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from demo.supervisor.child import Child, Program, rotate
from demo.supervisor.pids import write_pids
from demo.supervisor.refusal import Refusal

Say = Callable[[str], None]
_HEALTHY_WITHIN_SECONDS = 180.0
_LOOK_SECONDS = 0.1


class Stack:
    """Children by the order in which they started; `pids.json` follows every change."""

    def __init__(self, var_dir: Path, environment: Mapping[str, str], say: Say) -> None:
        self._var_dir = var_dir
        self._environment = environment
        self._say = say
        self._children: list[Child] = []

    def start(self, programs: list[Program]) -> None:
        """Start them; raises OSError where one cannot be."""
        for program in programs:
            log = self._var_dir / "log" / f"{program.name}.log"
            rotate(log)
            child = Child(program, self._environment, log)
            self._children.append(child)
            child.start()
            self._note()

    def wait_until_healthy(self) -> None:
        """Raises Refusal for the first that ends or does not come up."""
        deadline = time.monotonic() + _HEALTHY_WITHIN_SECONDS
        waiting = list(self._children)
        while waiting := [child for child in waiting if not _is_up(child)]:
            if time.monotonic() > deadline:
                raise Refusal(f"{waiting[0].program.name} does not answer; see {waiting[0].log}")
            time.sleep(_LOOK_SECONDS)

    def watch(self) -> None:
        """Keep every child running until a signal ends the watch."""
        while True:
            lines = [line for child in self._children if (line := child.tend())]
            for line in lines:
                self._say(line)
            if lines:
                self._note()
            time.sleep(_LOOK_SECONDS)

    def stop(self) -> None:
        """End the children, the last started first."""
        for child in reversed(self._children):
            child.stop()
        (self._var_dir / "pids.json").unlink(missing_ok=True)

    def kill(self) -> None:
        """End all of them at once."""
        for child in self._children:
            child.send(signal.SIGKILL)

    def _note(self) -> None:
        write_pids(
            self._var_dir / "pids.json", {child.program.name: child.pid for child in self._children if child.pid}
        )


def _is_up(child: Child) -> bool:
    """Raises Refusal where it ended: what dies at the start would die again."""
    if child.has_ended():
        raise Refusal(f"{child.program.name} did not start: {child.last_words()} (see {child.log})")
    return child.program.is_healthy()
