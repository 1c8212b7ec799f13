"""Steps that happen at the same moment."""

import threading
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import connection


def race(*steps: Callable[[], object]) -> int:
    """Run the steps at once, each on a connection of its own; answers how many were not refused.

    Any other error in one of them fails the test.
    """
    gate, done, broken = threading.Barrier(len(steps)), [], []

    def run(step: Callable[[], object]) -> None:
        try:
            gate.wait()
            done.append(step())
        except ValidationError:
            pass
        except BaseException as error:
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    return len(done)
