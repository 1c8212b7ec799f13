"""Which fields a document declares in an operation's answers, as published with the operation.

A table of shapes: numbers are places in it, so that shapes may contain themselves. What a schema is composed of
(`allOf`, `anyOf`, `oneOf`, …) is one shape with the fields of all. Structs only grow, at the end, with defaults.
"""

import msgspec


class Shape(msgspec.Struct, frozen=True, omit_defaults=True):
    """`whole`: anything may stand here. Else objects keep the members named, or matched by a pattern, or `others`;
    arrays keep their elements where `items` is given."""

    whole: bool = False
    members: dict[str, int] = {}
    patterns: dict[str, int] = {}
    others: int | None = None
    items: int | None = None


class AnswerRules(msgspec.Struct, frozen=True, omit_defaults=True):
    """`statuses` maps `200`, `2XX` or `default` (OpenAPI 3.1, "Responses Object") to a shape."""

    statuses: dict[str, int] = {}
    shapes: tuple[Shape, ...] = ()
