"""`manage.py worker`: drains the call streams, publishes what commits left, reaps dead gateways' calls, chains
audit events, sends letters, runs the schedule."""

import signal
import threading
from collections.abc import Callable
from typing import Any

import redis
import structlog
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from analytics.ingest import ingest_waiting, rewind
from analytics.reaping import reap_dead_gateways
from audit.chain import ChainBroken, chain_waiting
from audit.publishing import is_complete, republish, sweep
from contract.valkey_keys import GATEWAY_BEAT_SECONDS
from keys.leaks import handle_waiting
from notices.mail import send_waiting
from portal.import_runner import run_waiting
from portal.schedule import run_due

log = structlog.get_logger("worker")
#: Reading a stream answers at once where rows wait, so this only bounds how long stopping takes.
DRAIN_BLOCK_MS = 1000
SWEEP_SECONDS = 0.25
CHAIN_SECONDS = 0.5
PAUSE_AFTER_BREAK_SECONDS = 60.0
OUTBOX_SECONDS = 1.0
SCHEDULE_SECONDS = 1.0
IMPORTS_SECONDS = 1.0
LEAKS_SECONDS = 0.5
PAUSE_AFTER_ERROR_SECONDS = 1.0
Step = Callable[[threading.Event], None]


class Command(BaseCommand):
    help = (
        "Drain the call streams into the log, publish changes, reap calls of dead gateways, chain audit events,"
        " contain leaks, send letters, run the schedule. Runs until stopped."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """A thread each: rows must not wait for a long republish, nor a revocation for a long drain."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        threads = [threading.Thread(target=_repeat, args=(step, stop), daemon=True) for step in STEPS]
        for thread in threads:
            thread.start()
        log.info("worker_ready")
        for thread in threads:
            while thread.is_alive():
                thread.join(timeout=0.5)


def _repeat(step: Step, stop: threading.Event) -> None:
    """Run `step` until stopped. A lost database or Valkey is waited out: nothing is lost meanwhile. Nor may a mistake
    of ours end the thread: a worker that looks alive and publishes nothing is the worst kind."""
    while not stop.is_set():
        close_old_connections()
        try:
            step(stop)
        except (redis.RedisError, DatabaseError) as error:
            log.warning("worker_waits", step=step.__name__, error=type(error).__name__)
            stop.wait(PAUSE_AFTER_ERROR_SECONDS)
        except Exception:
            log.exception("worker_step_failed", step=step.__name__)
            stop.wait(PAUSE_AFTER_ERROR_SECONDS)
    connection.close()


def _drain(_stop: threading.Event) -> None:
    ingest_waiting(block_ms=DRAIN_BLOCK_MS)


def _reap(stop: threading.Event) -> None:
    reap_dead_gateways()
    stop.wait(GATEWAY_BEAT_SECONDS)


def _publish(stop: threading.Event) -> None:
    if not is_complete():
        rewind()
        log.info("republished", records=republish())
    sweep()
    stop.wait(SWEEP_SECONDS)


def _chain(stop: threading.Event) -> None:
    try:
        chained = chain_waiting()
    except ChainBroken as broken:
        log.critical("audit_chain_broken", finding=str(broken))
        stop.wait(PAUSE_AFTER_BREAK_SECONDS)
    else:
        stop.wait(0 if chained else CHAIN_SECONDS)


def _send_letters(stop: threading.Event) -> None:
    send_waiting()
    stop.wait(OUTBOX_SECONDS)


def _run_schedule(stop: threading.Event) -> None:
    run_due()
    stop.wait(SCHEDULE_SECONDS)


def _run_imports(stop: threading.Event) -> None:
    run_waiting(stop)
    stop.wait(IMPORTS_SECONDS)


def _contain_leaks(stop: threading.Event) -> None:
    """Apart from the schedule: a leaked key must not wait for anything."""
    handle_waiting()
    stop.wait(LEAKS_SECONDS)


STEPS: tuple[Step, ...] = (_drain, _publish, _reap, _chain, _contain_leaks, _send_letters, _run_imports, _run_schedule)
