"""How signals end a run: the first asks for an orderly end, any further one while that goes on hastens it."""

import signal
from collections.abc import Callable

from demo.supervisor.refusal import StopRequested

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ending:
    """Raises StopRequested in the main thread at the first signal, and never again."""

    def __init__(self) -> None:
        self._has_begun = False
        self._hasten: Callable[[], None] = _wait

    def listen(self) -> None:
        """Take the ending signals."""
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def begin(self, hasten: Callable[[], None]) -> None:
        """The end is under way, by a signal or not: from now on a signal calls `hasten`."""
        self._has_begun, self._hasten = True, hasten

    def _on_signal(self, _number: int, _frame: object) -> None:
        if self._has_begun:
            return self._hasten()
        self._has_begun = True
        raise StopRequested


def _wait() -> None:
    """Nothing to hasten yet."""
