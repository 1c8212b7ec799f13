"""Fixtures of the whole suite."""

import gc
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import hypothesis
import pytest
import redis

from gateway import compiled
from tests.ground import bytecode, databases, environment
from tests.ground.collection import mark
from tests.ground.network import refuse_the_outside_world
from tests.ground.servers import running_valkey
from tests.stack import Stack, lay_prepared, running_stack

if TYPE_CHECKING:
    from tests.cast import Cast


# `GATEWAY_COMPILED=true` runs the suite on what `make compiled` made; else all of it is plain Python. Here and now: the
# conftest of a folder may import what was compiled.
if os.environ.get("GATEWAY_COMPILED") == "true" and not compiled.use():
    pytest.exit("GATEWAY_COMPILED=true, but nothing was compiled of these sources: make compiled", returncode=1)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Lay the environment before anything reads settings; a process that only hands out tests needs none."""
    bytecode.keep()
    hands_out = bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")
    if not hands_out:
        environment.prepare()


# The same examples in every run, so that what fails fails for everybody; `make prove` looks for new ones.
hypothesis.settings.register_profile("steady", derandomize=True)
if os.environ.get("PROVE") != "1":
    hypothesis.settings.load_profile("steady")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark(items)


def pytest_collection_finish() -> None:
    """What is there by now stays to the end: the collector need not walk it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """The same hasher with a thousandth of the work; what it costs to guess is Django's to know."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", PBKDF2PasswordHasher.iterations // 1000)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_outside_world() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        refuse_the_outside_world(monkeypatch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _valkey_server() -> Iterator[None]:
    """The Valkey to which this process's settings point."""
    with running_valkey(environment.VALKEY_SOCKET):
        yield


@pytest.fixture(scope="session")
def _valkey_client(_valkey_server: None) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(environment.VALKEY_SOCKET))


@pytest.fixture(autouse=True)
def _empty_valkey(_valkey_client: redis.Redis) -> None:
    """Every test finds Valkey empty, the cache and the login limits in it included."""
    _valkey_client.flushall()


@pytest.fixture
def valkey_client(_valkey_client: redis.Redis) -> redis.Redis:
    """A client of the Valkey to which the settings point."""
    return _valkey_client


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A migrated database, made anew after each test that commits (instead of emptying its tables)."""
    from django.test import TransactionTestCase

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as monkeypatch:  # type: ignore[attr-defined]
        databases.make_ready()
        monkeypatch.setattr(TransactionTestCase, "_fixture_teardown", databases.restore)
        yield
        databases.drop()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One running installation for all tests that leave it running; they share a worker."""
    var_dir = tmp_path_factory.mktemp("stack") / "var"
    lay_prepared(var_dir)
    with running_stack(var_dir) as running:
        yield running


@pytest.fixture
def cast(db: None) -> "Cast":
    """Owner, teammate, stranger and staff, each signed in."""
    from tests.cast import make_cast

    return make_cast()
