"""One turn of the event loop: its requests go into the journal in one write, then its replies go out."""

import asyncio
import logging
from typing import Protocol

from demo.upstream.journal import Journal

logger = logging.getLogger(__name__)


class Sender(Protocol):
    def send(self) -> None: ...

    def abort(self) -> None: ...


class Turn:
    def __init__(self, loop: asyncio.AbstractEventLoop, journal: Journal) -> None:
        self.journal = journal
        self._loop = loop
        self._senders: dict[Sender, None] = {}

    def add(self, sender: Sender) -> None:
        """``sender.send`` is called once the journal is written, ``sender.abort`` when it cannot be."""
        if not self._senders:
            self._loop.call_soon(self._end)
        self._senders[sender] = None

    def _end(self) -> None:
        senders, self._senders = self._senders, {}
        try:
            self.journal.flush()
        except OSError as error:
            logger.error("The journal cannot be written (%s); closing connections unanswered.", error.strerror)
            for sender in senders:
                sender.abort()
            return
        for sender in senders:
            sender.send()
