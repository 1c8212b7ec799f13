"""The errors of a refused request (`invalid`), each put at the field that it speaks of."""

from typing import Any

from portal.trying.form import TryForm
from portal.trying.json_places import line_of
from portal.trying.tried import Tried


def place_errors(form: TryForm, tried: Tried) -> None:
    """Adds what the gateway found to the fields; what has no field here stands above them all."""
    if tried.problem != "invalid":
        return
    errors = tried.document.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            _place(form, error, tried.sent_body)


def _place(form: TryForm, error: dict[str, Any], body: str) -> None:
    place, name, pointer = (str(error.get(key, "")) for key in ("in", "name", "pointer"))
    message = str(error.get("message", ""))
    field = form.field_of(place, name)
    where = pointer if place == "body" or field else " ".join(filter(None, (place, name, pointer)))
    if place == "body" and pointer and body:
        where = f"Line {line_of(body, pointer)}, {pointer}"
    form.add_error(field, f"{where}: {message}" if where else message)
