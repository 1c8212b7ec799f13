"""The fields that the document gives an operation's answers, as paths that a mask can be made of."""

import re

from catalog.fields import Step, fields_of
from catalog.models import Operation

_PLAIN = re.compile(r"\A[A-Za-z_][A-Za-z0-9_]*\Z")


def documented_paths(operation: str) -> list[str]:
    """RFC 9535 paths, in the document's order; none for an operation that is gone. One query, with the document."""
    found = Operation.objects.select_related("version").filter(public_id=operation).first()
    return [json_path(field.steps) for field in fields_of(found)] if found else []


def json_path(steps: tuple[Step, ...]) -> str:
    """`$.data[*].email`; names that are no identifiers are quoted."""
    return "$" + "".join(_segment(step) for step in steps)


def _segment(step: Step) -> str:
    if step.kind != "name":
        return "[*]" if step.kind == "element" else ".*"
    if _PLAIN.match(step.name):
        return f".{step.name}"
    quoted = step.name.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{quoted}']"
