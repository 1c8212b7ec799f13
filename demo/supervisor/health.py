"""Whether a server of ours answers."""

import http.client
import socket
from pathlib import Path


def answers_http(port: int, path: str) -> bool:
    """GET on the loopback answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def all_answer_http(port: int, path: str, workers: int) -> bool:
    """As often as makes it likely that each of the workers behind the port was asked."""
    return all(answers_http(port, path) for _ in range(4 * workers))


def accepts(port: int) -> bool:
    """A connection is accepted. For a server that journals requests: a probe must not become a line."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def has_said(log: Path, text: str) -> bool:
    """The log holds the text with which a program without a port reports that it is ready."""
    return log.exists() and text in log.read_text(errors="replace")
