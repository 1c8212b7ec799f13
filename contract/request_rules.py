"""What an OpenAPI document says about an operation's requests, as published with the operation.

Schemas are JSON Schema 2020-12, whatever the document's version was; their `$ref`s lead to `#/$defs/<name>`, which are
the rules' `definitions`. So the rules stand by themselves and hold only what the operation reaches. Structs only grow,
at the end, with defaults.
"""

from typing import Any, Literal

import msgspec

Schema = dict[str, Any] | bool
Place = Literal["path", "query", "header", "cookie"]
Style = Literal["simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "deepObject"]


class Parameter(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parameter (OpenAPI 3.1, "Parameter Object"). With `media_type` its text is a document of that type."""

    name: str
    place: Place
    style: Style
    explode: bool = False
    required: bool = False
    allow_empty: bool = False
    media_type: str = ""
    schema: Schema = True


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one property of a form body is written; with `media_type` its text is a document of that type."""

    style: Style = "form"
    explode: bool = True
    media_type: str = ""


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """A body of one media type, or range of types such as `text/*`, in lower case."""

    media_type: str
    schema: Schema = True
    fields: dict[str, Field] = {}


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body that an operation takes."""

    contents: tuple[Content, ...]
    required: bool = False


class RequestRules(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything about an operation's requests; no `body` means that it takes none."""

    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    definitions: dict[str, Schema] = {}
