"""JSON as people read it."""

import msgspec


def indented(body: str) -> str:
    """JSON with its values as they came, one to a line; anything else unchanged."""
    try:
        return msgspec.json.format(body, indent=2)
    except msgspec.DecodeError:
        return body
