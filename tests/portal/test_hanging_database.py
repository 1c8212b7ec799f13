"""A database that accepts and says nothing more: whoever asks is answered all the same."""

import socket
import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from portal import vital_signs
from portal.settings import _database


@pytest.fixture
def silent_server() -> Iterator[int]:
    """The port of a server that takes connections and never speaks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_connecting_ends(silent_server: int) -> None:
    url = f"postgresql://portcullis:secret@127.0.0.1:{silent_server}/portcullis"
    with pytest.raises(OperationalError):
        ConnectionHandler({"default": _database(url)})["default"].ensure_connection()


def test_a_look_at_it_ends_and_looks_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answer, looks = threading.Event(), []

    def hang() -> bool:
        looks.append(1)
        return answer.wait(60)

    monkeypatch.setattr(vital_signs, "_query_returns", hang)
    monkeypatch.setattr(vital_signs, "ANSWERS_WITHIN_SECONDS", 0.1)
    monkeypatch.setattr(vital_signs.connection, "vendor", "postgresql")
    assert [vital_signs.database_answers() for _ in range(3)] == [False] * 3
    assert looks == [1]
    answer.set()
    monkeypatch.setattr(vital_signs, "ANSWERS_WITHIN_SECONDS", 60)
    assert vital_signs.database_answers()
