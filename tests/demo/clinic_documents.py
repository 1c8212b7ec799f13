"""The OpenAPI documents of the sample API, operation by operation."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from openapi_schema_validator import OAS31Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

FOLDER = Path(__file__).parents[2] / "demo" / "openapi"
METHODS = ("get", "post", "patch", "put", "delete")


@dataclass(frozen=True)
class Operation:
    version: str
    path: str
    method: str
    id: str

    def __str__(self) -> str:
        return f"{self.version}-{self.id}"

    @property
    def spec(self) -> dict[str, Any]:
        return DOCUMENTS[self.version]["paths"][self.path][self.method]

    @property
    def parameters(self) -> list[dict[str, Any]]:
        shared = DOCUMENTS[self.version]["paths"][self.path].get("parameters", [])
        return [resolved(self.version, each) for each in [*shared, *self.spec.get("parameters", [])]]

    @property
    def bodies(self) -> dict[str, Any]:
        """Media type → the documented example."""
        return {kind: each["example"] for kind, each in self.spec.get("requestBody", {}).get("content", {}).items()}

    @property
    def body_schema(self) -> dict[str, Any]:
        return resolved(self.version, self.spec["requestBody"]["content"]["application/json"]["schema"])

    def target(self, *, with_query: bool = False, **ids: str) -> str:
        """The path with its ids as in the examples, or as given."""
        path = f"/{self.version}{self.path}"
        for each in self.parameters:
            if each["in"] == "path":
                path = path.replace(f"{{{each['name']}}}", str(ids.get("unknown", each.get("example"))))
        query = {
            each["name"]: each["example"] for each in self.parameters if each["in"] == "query" and "example" in each
        }
        return f"{path}?{urlencode(query)}" if with_query and query else path

    def response(self, status: int) -> dict[str, Any]:
        return resolved(self.version, self.spec["responses"][str(status)])

    def check(self, status: int, content_type: str | None, body: Any) -> None:
        """Raises when the answer is not as the document says."""
        content = self.response(status).get("content")
        if content is None:
            assert (content_type, body) == (None, None)
            return
        validate(self.version, content[content_type]["schema"], body)


def _documents() -> dict[str, dict[str, Any]]:
    return {version: yaml.safe_load((FOLDER / f"clinic-{version}.yaml").read_text()) for version in ("v1", "v2")}


DOCUMENTS = _documents()
_REGISTRY = Registry().with_contents(
    ((f"urn:{version}", document) for version, document in DOCUMENTS.items()), default_specification=DRAFT202012
)


def resolved(version: str, node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = DOCUMENTS[version]
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def validator(version: str, schema: Any) -> OAS31Validator:
    rooted = {"$id": f"urn:{version}:part", "allOf": [_rooted(version, schema)]}
    return OAS31Validator(rooted, registry=_REGISTRY, format_checker=OAS31Validator.FORMAT_CHECKER)


def validate(version: str, schema: Any, value: Any) -> None:
    validator(version, schema).validate(value)


def _rooted(version: str, node: Any) -> Any:
    if isinstance(node, list):
        return [_rooted(version, each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        name: f"urn:{version}{value}" if name == "$ref" else _rooted(version, value) for name, value in node.items()
    }


def operations() -> Iterator[Operation]:
    for version, document in DOCUMENTS.items():
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield Operation(version, path, method, item[method]["operationId"])


OPERATIONS = list(operations())
READING = [each for each in OPERATIONS if each.method == "get"]
WRITING = [each for each in OPERATIONS if each.bodies]
