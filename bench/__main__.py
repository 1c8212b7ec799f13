"""`python -m bench`: run everything, print the table, write VAR_DIR/bench.json.

`python -m bench nginx masks` presses only the rows in whose names such a word stands, and writes nothing.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from bench.ground import Ground
from bench.growth import measure_growth
from bench.report import report, short_table, table
from bench.rows import half_load, make_rows, measure_rows, press_rows
from bench.slow_clients import measure_slow_clients
from gateway import compiling


def main() -> int:
    """Answers 0; whatever fails ends the run, and everything it started, with one line."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    # Also where whoever started us ignores it, as shells do for jobs in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    # Says what it takes where it cannot; ours are plain Python then, all rows of them.
    compiling.main()
    try:
        with Ground() as ground:
            if wanted := tuple(sys.argv[1:]):
                print(short_table(press_rows(ground, make_rows(ground, wanted))))
                return 0
            rows = make_rows(ground)
            measured = measure_rows(ground, rows)
            print(table(measured), flush=True)
            beside_slow = measure_slow_clients(ground, *half_load(rows, measured))
            growth = measure_growth(ground, is_full=os.environ.get("FULL") == "1")
    except KeyboardInterrupt:
        return 130
    except RuntimeError as error:
        sys.exit(f"==> {error}")
    found = report(measured, growth, beside_slow)
    path = Path(os.environ.get("VAR_DIR") or "var") / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n")
    for name, value in found.items():
        if not isinstance(value, dict):
            print(f"{name:24} {value}")
    print(f"==> {time.monotonic() - began:.0f} s; see {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
