"""How long a test waits for what the product promises in time.

`make prove` asks for the promise itself. The normal run asks that it comes about: many processes share few processors
there, and one that gets no time to run for seconds breaks no promise.
"""

import os

_PATIENCE_SECONDS = 60.0


def within(seconds: float) -> float:
    """The promised time, or one that no busy machine needs."""
    return seconds if os.environ.get("PROVE") == "1" else _PATIENCE_SECONDS
