"""The children and how each is started and probed. They stop in the reverse of the order in which they start."""

import sys
from functools import partial
from pathlib import Path

from contract.settings import Settings
from demo.supervisor.child import Program
from demo.supervisor.health import accepts, all_answer_http, answers_http, has_said

_PORTAL_OPTIONS = ("--interface", "asgi", "--workers", "1", "--no-ws")
#: An open event stream would keep the portal waiting for ever.
_PORTAL_KILL_SECONDS = "3"


def early_programs(settings: Settings) -> list[Program]:
    """Those that need no database: they start beside its preparation."""
    upstream_port, workers = settings.upstream_port, settings.gateway_workers
    journal = str(settings.var_dir / "upstream.ndjson")
    upstream = _module("demo.upstream", "--port", str(upstream_port), "--journal", journal)
    gateway = _module("gateway", "--workers", str(workers))
    gateway_is_ready = partial(all_answer_http, settings.gateway_port, "/readyz", workers)
    return [
        Program("upstream", upstream, partial(accepts, upstream_port)),
        Program("gateway", gateway, gateway_is_ready, stop_seconds=30),
    ]


def late_programs(settings: Settings, logs: Path) -> list[Program]:
    """Those that need the database."""
    address = ("--host", "127.0.0.1", "--port", str(settings.portal_port))
    kill = ("--workers-kill-timeout", _PORTAL_KILL_SECONDS)
    portal = _module("granian", *_PORTAL_OPTIONS, *address, *kill, "portal.asgi:application")
    worker = (sys.executable, "manage.py", "worker")
    return [
        Program("worker", worker, partial(has_said, logs / "worker.log", "worker_ready")),
        Program("portal", portal, partial(answers_http, settings.portal_port, "/healthz")),
    ]


def _module(name: str, *options: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *options)
