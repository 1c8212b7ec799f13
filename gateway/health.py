"""`/healthz`: the process answers. `/readyz`: it may admit calls. Both names are taken from APIs."""


def health_answer(target: bytes, is_ready: bool, own: bytes) -> bytes:
    """A whole answer: 200 `ok`, or 503 `not ready`."""
    ok = target == b"/healthz" or is_ready
    line, body = (b"200 OK", b"ok\n") if ok else (b"503 Service Unavailable", b"not ready\n")
    head = b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nContent-Length: %d\r\n"
    return head % (line, len(body)) + own + b"\r\n" + body
