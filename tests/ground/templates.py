"""`python -m tests.ground.templates`: build the template of the database that DATABASE_URL names, ahead of tests."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.ground import databases, environment


@contextmanager
def built_beside(*database_urls: str) -> Iterator[None]:
    """Build the templates while pytest collects. Tests that come earlier wait; what fails here fails there."""
    command = [sys.executable, "-m", "tests.ground.templates"]
    builders = [
        subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url}, cwd=environment.REPOSITORY)
        for url in database_urls
    ]
    try:
        yield
    finally:
        for builder in builders:
            builder.terminate()
            builder.wait()


if __name__ == "__main__":
    environment.lay()
    databases.postgres_template() if environment.POSTGRES_SERVER else databases.sqlite_template()
