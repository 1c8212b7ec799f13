"""A library's API with fields worth masking: what the pages about documents and plans are tried on."""

from typing import Any

from catalog.models import Version
from catalog.writes import import_document, set_version
from plans.models import Plan
from tests.factories import ACTOR, make_plan, make_version

HOSTILE = "<script>alert(1)</script>"
DOCUMENT = """
openapi: 3.1.0
info: {title: Library, version: "2", description: "Books and **readers**. <script>alert(1)</script>"}
tags: [{name: Readers, description: "Who borrows."}]
components:
  securitySchemes:
    library:
      type: oauth2
      flows: {clientCredentials: {tokenUrl: /t, scopes: {"readers:read": "", "readers:write": ""}}}
  schemas:
    Reader:
      type: object
      required: [id]
      properties:
        id: {type: string, examples: [rdr_1]}
        email: {type: [string, "null"], format: email, description: "Confirmed <script>alert(1)</script>."}
        phone: {type: string, examples: ["+494066969471"]}
        address: {type: object, properties: {street: {type: string, examples: [Canal Walk 12]}}}
        joined: {type: string, format: date}
        friends: {type: array, items: {$ref: "#/components/schemas/Reader"}}
paths:
  /readers:
    get:
      operationId: listReaders
      tags: [Readers]
      summary: List readers
      security: [{library: ["readers:read"]}]
      parameters:
        - {name: limit, in: query, required: true, schema: {type: integer, minimum: 1, maximum: 9}, example: 3}
      responses:
        "200":
          description: Readers
          content:
            application/json:
              schema: {type: object, properties: {data: {type: array, items: {$ref: "#/components/schemas/Reader"}}}}
    post:
      operationId: addReader
      tags: [Readers]
      summary: Add a reader
      security: [{library: ["readers:write"]}]
      requestBody:
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Reader"}
            example: {id: "it's", email: "a`b$(id)@example.org"}
      responses: {"201": {description: Added}}
  /readers/{reader_id}:
    get:
      operationId: readReader
      tags: [Readers]
      summary: Read a reader
      security: [{library: ["readers:read"]}]
      parameters: [{name: reader_id, in: path, required: true, schema: {type: string}, example: "rdr/1 ?"}]
      responses:
        "200":
          description: The reader
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Reader"}
              example:
                id: rdr_1
                email: ines@mail.example
                phone: "+494066969471"
                address: {street: Canal Walk 12}
                joined: "2021-06-14"
        "404": {description: "No such reader."}
"""
SCOPES = ["readers:read"]
MASKS: list[dict[str, Any]] = [
    {"path": "$..email", "action": "redact"},
    {"path": "$..phone", "action": "partial", "keep": 4},
    {"path": "$..address.street", "action": "remove"},
    {"path": "$..joined", "action": "generalise", "precision": "year"},
]


def make_readers_version(slug: str = "library", name: str = "v2", **values: Any) -> Version:
    """A live version of which three operations deal with readers."""
    version = make_version(slug, name, **values)
    import_document(version, DOCUMENT, actor=ACTOR)
    return version


def make_free(version: Version, **values: Any) -> Plan:
    """The plan given at sign-up; it masks much."""
    values = {"scopes": SCOPES, "masks": MASKS, "is_default": True, "position": 0} | values
    limits = [{"name": "minute", "kind": "rate", "amount": 60, "period_seconds": 60}]
    return make_plan("free", version, limits=limits, **values)


def make_pro(version: Version, **values: Any) -> Plan:
    """It costs something, adds a scope and shows more."""
    values = {"scopes": [*SCOPES, "readers:write"], "masks": MASKS[1:2], "price_cents": 4900, "position": 1} | values
    return make_plan("pro", version, **values)


def retire(version: Version, state: str, **values: Any) -> Version:
    """Move a version along its life."""
    return set_version(version.api, version.name, actor=ACTOR, state=state, **values)
