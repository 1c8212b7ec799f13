"""A mail server for installations under test: it takes every letter and keeps it in memory (RFC 5321)."""

import email
import socketserver
import threading
from email.policy import default
from functools import cache

_ENDS = b".\r\n"
_TAKES_SECONDS = 60


class Postbox(socketserver.ThreadingTCPServer):
    """`letters` holds (addressee, text) as they came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.letters: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        """As an EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def take(self, raw: bytes) -> None:
        letter = email.message_from_bytes(raw, policy=default)
        self.letters.append((str(letter["To"]), str(letter.get_content())))


class _Talk(socketserver.StreamRequestHandler):
    timeout = _TAKES_SECONDS
    server: Postbox

    def handle(self) -> None:
        self._say(220)
        while (word := self.rfile.readline()[:4].upper()) not in (b"", b"QUIT"):
            if word == b"DATA":
                self._say(354)
                self.server.take(b"".join(iter(self.rfile.readline, _ENDS)))
            self._say(250)
        self._say(221)

    def _say(self, status: int) -> None:
        self.wfile.write(b"%d postbox\r\n" % status)


@cache
def postbox() -> Postbox:
    """One for all installations of this process."""
    made = Postbox()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made
