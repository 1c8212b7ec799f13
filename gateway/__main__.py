"""`python -m gateway [--workers N] [--port P]`: run the gateway in the foreground."""

import argparse
import socket
import sys

from contract.settings import Settings, settings
from gateway import compiled
from gateway.metrics.board import Board
from gateway.parent import Parent, allow_open_files, listen


def _arguments(defaults: Settings) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m gateway", description="Run the Portcullis gateway.")
    parser.add_argument("--workers", type=int, default=defaults.gateway_workers, help="number of processes")
    parser.add_argument("--host", default=defaults.gateway_host, help="address to listen on")
    parser.add_argument("--port", type=int, default=defaults.gateway_port, help="port to listen on")
    arguments = parser.parse_args()
    if not 1 <= arguments.workers <= 64:
        parser.error("--workers: 1 to 64")
    return arguments


def main() -> int:
    """Return the exit status."""
    known = settings()
    if known.gateway_compiled:
        compiled.use()
    # From here on: what it imports is what may be compiled.
    from gateway.worker import Shared, run_worker

    arguments = _arguments(known)
    if not known.valkey_url:
        sys.exit("No Valkey: set REDIS_URL, or start the embedded one first.")
    allow_open_files()
    shared = Shared(_listen(arguments.host, arguments.port), _metrics_listener(known), Board(arguments.workers))
    return Parent(lambda place: run_worker(known, shared, place), arguments.workers, known.gateway_drain_seconds).run()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except (OSError, OverflowError) as error:
        sys.exit(f"Cannot listen on {host}:{port}: {error}")


def _metrics_listener(known: Settings) -> socket.socket | None:
    """A port that nobody asked for is done without where it is taken, as on a machine with two gateways."""
    if not known.metrics_port:
        return None
    try:
        return listen(known.metrics_host, known.metrics_port)
    except OSError as error:
        place = f"{known.metrics_host}:{known.metrics_port}"
        if "metrics_port" in known.model_fields_set:
            sys.exit(f"Cannot serve metrics on {place}: {error}")
        print(f"No metrics: {place}: {error}; set METRICS_PORT", file=sys.stderr)
        return None


if __name__ == "__main__":
    sys.exit(main())
