"""Long answers, line by line, from a database iterator to an ASGI server: memory does not grow with their length."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

LINES_A_CHUNK = 500


def download(lines: Iterator[bytes], content_type: str, file_name: str) -> StreamingHttpResponse:
    """An attachment. `file_name` is ours, never a caller's."""
    response = StreamingHttpResponse(_chunks(lines), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response["Cache-Control"] = "no-store"
    return response


async def _chunks(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    """In the request's own thread, to which the database's cursor belongs."""
    while chunk := await sync_to_async(_next_chunk)(lines):
        yield chunk


def _next_chunk(lines: Iterator[bytes]) -> bytes:
    return b"".join(islice(lines, LINES_A_CHUNK))
