"""The sample upstream: the Rowan Clinic's API, versions 1 and 2, as ``demo/openapi/`` documents them.

    python -m demo.upstream --port 9000 --journal var/upstream.ndjson

It stands alone (uvloop and httptools, no framework) and answers below ``/v1`` and ``/v2``. The data are the same at
every start; what POST, PATCH and DELETE change is kept in memory and gone at the next. It asks for no credentials, for
it stands behind the gateway: it listens on the loopback address unless told otherwise.

Each request received is one JSON line in the journal, on file before the reply is sent:

    {"at": "2026-11-24T08:30:00.123Z", "method": "GET", "path": "/v2/patients?limit=2", "request_id": "…" or null,
     "consumer": the X-Consumer-Id header or null, "status": 200}

``path`` is the raw target with anything like a key removed; ``method`` and ``path`` are null for a request that could
not be read. Where the journal cannot be written nothing is answered. Bodies have at most 1 MiB. ``--port 0`` takes a
free port; the first line of the output names it. SIGTERM lets the requests under way finish.
"""

import argparse
import sys
from pathlib import Path

import uvloop

from demo.upstream.server import serve


def main() -> int:
    options = _options()
    try:
        uvloop.run(serve(options.host, options.port, options.journal))
    except OSError as error:
        print(f"The sample upstream cannot start: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.upstream", description="The Rowan Clinic's sample API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, required=True, help="port to listen on; 0 takes a free one")
    parser.add_argument("--journal", type=Path, required=True, help="file that gets one JSON line a request")
    return parser.parse_args()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65_535):
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
