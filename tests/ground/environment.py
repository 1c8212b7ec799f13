"""The environment of the test process, set before anything reads settings.

Each pytest worker has a folder, a Valkey socket and a database of its own. `DATABASE_URL` of PostgreSQL, where given,
names the server; the databases on it are ours.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import django

REPOSITORY = Path(__file__).resolve().parents[2]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
#: Short, because unix sockets take about a hundred bytes.
FOLDER = Path(tempfile.mkdtemp(prefix="pct-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
VALKEY_SOCKET = FOLDER / "valkey.sock"
DATABASE_FILE = FOLDER / "portcullis.sqlite3"
POSTGRES_SERVER = (
    os.environ.get("DATABASE_URL", "") if os.environ.get("DATABASE_URL", "").startswith("postgres") else ""
)
POSTGRES_DATABASE = f"portcullis_test_{WORKER}_{os.getpid()}"

_SECRETS = ("SECRET_KEY", "KEY_PEPPER", "MASK_HASH_KEY", "IDENTITY_KEY", "STORAGE_KEY", "AUDIT_KEY")
#: Everything by which an operator's shell could reach into the tests.
SETTINGS_OF_OPERATORS = (
    *_SECRETS,
    "VAR_DIR",
    "DATABASE_URL",
    "REDIS_URL",
    "PORTAL_PORT",
    "GATEWAY_PORT",
    "UPSTREAM_PORT",
)


def prepare() -> None:
    """Point this process, and the processes it starts, at its own folder, servers and secrets; set Django up."""
    lay()
    django.setup()


def lay() -> None:
    """The variables alone."""
    os.environ |= {name: f"a secret of the tests, long enough: {name}" for name in _SECRETS}
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    os.environ["VAR_DIR"] = str(FOLDER)
    os.environ["REDIS_URL"] = f"unix://{VALKEY_SOCKET}"
    os.environ["REQUIRE_TLS"] = "false"
    os.environ.setdefault("GATEWAY_COMPILED", "false")
    os.environ["DATABASE_URL"] = database_url(POSTGRES_DATABASE) if POSTGRES_SERVER else f"sqlite:///{DATABASE_FILE}"


def database_url(name: str) -> str:
    """Address of a database on the PostgreSQL server of this run."""
    return f"{POSTGRES_SERVER.rpartition('/')[0]}/{name}"


def foreign_environment() -> dict[str, str]:
    """The environment without what `prepare` set: for processes that are to be installations of their own."""
    ours = (*SETTINGS_OF_OPERATORS, "REQUIRE_TLS", "DJANGO_SETTINGS_MODULE")
    return {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("PYTEST_")}
