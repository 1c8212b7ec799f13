"""A tiny upstream that records every byte it receives and answers as its script says."""

import asyncio
from collections.abc import Awaitable, Callable

Script = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


class Request:
    """A request as it came over the wire."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head = head
        self.body = body
        first, *lines = head.split(b"\r\n")
        self.method, self.target, _ = first.split(b" ")
        self.headers = [tuple(line.split(b": ", 1)) for line in lines if line]

    def header(self, name: bytes) -> bytes | None:
        """The value of a header, compared without case."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)


def reply(
    body: bytes = b'{"ok":true}', status: bytes = b"200 OK", content_type: bytes = b"application/json", *lines: bytes
) -> bytes:
    """A whole answer with its length."""
    extra = b"".join(line + b"\r\n" for line in lines)
    return b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n%b" % (
        status,
        content_type,
        len(body),
        extra,
        body,
    )


class UpstreamServer:
    """`requests` in order of arrival; `answer` may be bytes for every request, or a script."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.bytes_seen = b""
        self.answer: bytes | Script = reply()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/base"

    async def stop(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while True:
                request = await self._read(reader)
                self.requests.append(request)
                if isinstance(self.answer, bytes):
                    writer.write(self.answer)
                else:
                    await self.answer(request, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = await reader.readuntil(b"\r\n\r\n")
        request = Request(head[:-4], b"")
        if length := request.header(b"content-length"):
            request.body = await reader.readexactly(int(length))
        if request.header(b"transfer-encoding"):
            while size := int(await reader.readuntil(b"\r\n"), 16):
                request.body += (await reader.readexactly(size + 2))[:-2]
            await reader.readexactly(2)
        self.bytes_seen += head + request.body
        return request
