"""Structured log: one JSON line an event on standard error. Never a credential, a query string or a body."""

import sys
import time

import msgspec

from gateway.call import Call
from gateway.refusal import Refused

#: Lines about refusals that a worker writes in a second: a flood must not fill disks.
REFUSALS_PER_SECOND = 100
_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


class Log:
    """Lines carry the gateway's id; `level` is the least that is written."""

    def __init__(self, gateway: str, level: str) -> None:
        self._gateway = gateway
        self._level = _LEVELS[level]
        self._second = self._said = self._unsaid = 0

    def _may_say_more(self) -> bool:
        """So many refusals a second are written; then one line says how many were not. They are all counted."""
        second = int(time.monotonic())
        if second != self._second:
            if self._unsaid:
                self.line("WARNING", "refusals not logged", refusals=self._unsaid)
            self._second, self._said, self._unsaid = second, 0, 0
        is_within = self._said < REFUSALS_PER_SECOND
        self._said += is_within
        self._unsaid += not is_within
        return is_within

    def line(self, level: str, event: str, **facts: object) -> None:
        """Write one line."""
        if _LEVELS[level] >= self._level:
            entry = {"at": time.time(), "level": level, "event": event, "gateway": self._gateway, **facts}
            sys.stderr.buffer.write(msgspec.json.encode(entry) + b"\n")
            sys.stderr.buffer.flush()

    def refusal(self, call: Call, refusal: Refused, outcome: str) -> None:
        """One refusal: by whom as far as we know, why."""
        if self._level > _LEVELS["INFO"] or not self._may_say_more():
            return
        row = call.row
        known = {"application": row.application, "credential": row.credential} if row is not None else {}
        self.line(
            "INFO",
            "refusal",
            request_id=call.request_id,
            **({"client_request_id": call.client_request_id} if call.client_request_id else {}),
            problem=refusal.slug,
            outcome=outcome,
            **known,
            **({"reason": refusal.reason} if refusal.reason else {}),
        )

    def error(self, event: str, request_id: str, error: Exception) -> None:
        """Something of ours failed: its kind and place, not its text, which may quote the caller."""
        trace, place = error.__traceback__, ""
        while trace is not None:
            place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
            trace = trace.tb_next
        self.line("ERROR", event, request_id=request_id, kind=type(error).__name__, place=place)
