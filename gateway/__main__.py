"""`python -m gateway [--workers N] [--port P]`: run the gateway in the foreground."""

import argparse
import sys

from contract.settings import Settings, settings
from gateway.parent import Parent, allow_open_files, listen
from gateway.worker import run_worker


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
    arguments = _arguments(known)
    if not known.valkey_url:
        sys.exit("No Valkey: set REDIS_URL, or start the embedded one first.")
    allow_open_files()
    try:
        listener = listen(arguments.host, arguments.port)
    except (OSError, OverflowError) as error:
        sys.exit(f"Cannot listen on {arguments.host}:{arguments.port}: {error}")
    return Parent(lambda: run_worker(known, listener), arguments.workers, known.gateway_drain_seconds).run()


if __name__ == "__main__":
    sys.exit(main())
