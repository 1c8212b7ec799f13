"""The form for a desk."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from catalog.documents import operation_object, resolve
from portal.reference.examples import media_example
from portal.trying.desk import Desk
from portal.trying.form import TryForm
from portal.trying.inputs import as_json, givens_of, json_medias
from portal.trying.problem_places import place_errors
from portal.trying.tried import Tried


def form_for(desk: Desk, data: Mapping[str, Any] | None = None) -> TryForm:
    """Filled in with the document's examples, or with `data` as a form sends it."""
    operation, document = desk.operation, desk.operation.version.document
    found = operation_object(document, operation.method, operation.path)
    medias = json_medias(document, found)
    return TryForm(
        givens_of(document, operation.method, operation.path),
        data,
        medias={name: as_json(media_example(document, media)) for name, media in medias.items()},
        needs_body=resolve(document, found.get("requestBody")).get("required") is True,
        refused=desk.refused(),
        confirmation=_confirmation(desk),
    )


def filled_again(desk: Desk, posted: QueryDict, tried: Tried) -> TryForm:
    """The form after its call: as it was filled in, what was wrong at its fields, to be agreed to anew."""
    data = posted.copy()
    data.pop("confirmed", None)
    form = form_for(desk, data)
    form.errors.pop("confirmed", None)
    place_errors(form, tried)
    return form


def _confirmation(desk: Desk) -> str:
    """Names what is written where, or that what is read is real; "" where nothing has to be agreed to."""
    assert desk.caller is not None
    operation = desk.operation
    call = f"{operation.method} {operation.path}"
    if desk.is_writing:
        whose = "real data" if desk.is_live else "data of the test environment"
        return f"Send {call} as {desk.caller.application} in {desk.environment}: it may change {whose}"
    if desk.is_live:
        return f"Send {call} as {desk.caller.application} in live: it reads real data and counts like any call"
    return ""
