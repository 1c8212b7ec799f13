"""The fields of a schema as a flat list, each with the steps that lead to it. Schemas may contain themselves."""

from typing import Literal, NamedTuple

from catalog.documents import Node, elements, members, operation_object, resolve
from catalog.models import Operation
from catalog.schema_words import type_words

DEEPEST = 8
MOST_FIELDS = 300
_MOST_VISITS = 3000


class Step(NamedTuple):
    """One step down: a member by its name, any element of a list, or a member of any name."""

    kind: Literal["name", "element", "any"]
    name: str = ""


ELEMENT, ANY = Step("element"), Step("any")


class Field(NamedTuple):
    """`path` is for people (`data[].address.street`); `description` is CommonMark."""

    path: str
    steps: tuple[Step, ...]
    type: str
    description: str
    is_required: bool


def fields_of(operation: Operation) -> list[Field]:
    """The fields of an operation's success answers. Reading the version's document may make a query."""
    document = operation.version.document
    answers = members(operation_object(document, operation.method, operation.path), "responses")
    fields: dict[tuple[Step, ...], Field] = {}
    for code in sorted(answers):
        if code[:1] == "2":
            schema = json_schema(document, resolve(document, answers[code]))
            fields |= {field.steps: field for field in flatten(document, schema, hidden="writeOnly")}
    return list(fields.values())


def json_schema(document: Node, owner: Node) -> object:
    """The schema of a body or answer in JSON; None where it has none."""
    media = next((media for name, media in members(owner, "content").items() if "json" in name), None)
    return resolve(document, media).get("schema")


def flatten(document: Node, schema: object, *, hidden: Literal["writeOnly", "readOnly"]) -> list[Field]:
    """The fields of a schema in its order, without those marked `hidden`."""
    walk = _Walk(document, hidden)
    walk.into(schema, ())
    return list(walk.found.values())


class _Walk:
    def __init__(self, document: Node, hidden: str) -> None:
        self.found: dict[tuple[Step, ...], Field] = {}
        self._document = document
        self._hidden = hidden
        self._visits_left = _MOST_VISITS

    def into(self, schema: object, steps: tuple[Step, ...], composed: int = 0) -> None:
        self._visits_left -= 1
        if self._visits_left < 0 or len(steps) > DEEPEST or composed > DEEPEST:
            return
        node = resolve(self._document, schema)
        for name in ("allOf", "anyOf", "oneOf"):
            for part in elements(node, name):
                self.into(part, steps, composed + 1)
        self._members(node, steps)
        if "items" in node:
            self.into(node["items"], (*steps, ELEMENT))
        if isinstance(node.get("additionalProperties"), dict):
            self._field(ANY, node["additionalProperties"], steps, is_required=False)

    def _members(self, node: Node, steps: tuple[Step, ...]) -> None:
        required = elements(node, "required")
        for name, inner in members(node, "properties").items():
            self._field(Step("name", name), inner, steps, is_required=name in required)

    def _field(self, step: Step, schema: object, above: tuple[Step, ...], *, is_required: bool) -> None:
        node, steps = resolve(self._document, schema), (*above, step)
        if node.get(self._hidden) is True or len(self.found) >= MOST_FIELDS:
            return
        words, description = type_words(self._document, node), node.get("description")
        text = description if isinstance(description, str) else ""
        self.found.setdefault(steps, Field(path_words(steps), steps, words, text, is_required))
        self.into(node, steps)


def path_words(steps: tuple[Step, ...]) -> str:
    """`data[].address.street`; a member of any name is `*`."""
    words = {"element": "[]", "any": ".*"}
    return "".join(words.get(step.kind, f".{step.name}") for step in steps).removeprefix(".")
