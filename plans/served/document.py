"""The OpenAPI document that a plan's subscribers are served: what the gateways will take from them and send them.

Operations outside the plan are not in it, nor what only they use; parameters that the plan refuses are gone; answers
are described and exemplified as they are after the plan's masks.
"""

import json
from collections.abc import Sequence
from typing import Any

from catalog.documents import Node, elements, members, operation_object, path_item, resolve
from catalog.models import Operation, Version
from catalog.openapi import METHODS
from contract.masking.masker import Masker, compile_masker
from contract.masking.rules import MaskRule
from contract.masking.withheld import Withheld
from plans.models import Plan
from plans.served.masked_schemas import MaskedSchemas
from plans.served.reachable import without_unused
from plans.visibility import Progress, refused_parameters, rules_for

#: Examples are nobody's data, so their hashes need no secret; they only have to look like hashes.
EXAMPLE_HASH_KEY = b"key of the documentation's examples"
_KEPT = ("openapi", "info", "jsonSchemaDialect", "externalDocs")
_OF_A_PATH = ("summary", "description")
_SECURITY = "key"
#: They may name operations that the plan does not have.
_LEADS_ELSEWHERE = ("callbacks", "servers", "security", "x-internal")


def served_document(version: Version, operations: Sequence[Operation], plan: Plan, base_url: str) -> Node:
    """The document of `version`, whose document was read, for `plan`, whose masks are best prefetched.

    `base_url` is where the gateways serve the version.
    """
    return _Served(version, plan).document([row for row in operations if is_within(plan, row)], base_url)


def is_within(plan: Plan, operation: Operation) -> bool:
    """Whether subscribers of a plan that covers the version may call an operation."""
    return operation.scope in ("", *plan.scopes)


class _Served:
    def __init__(self, version: Version, plan: Plan) -> None:
        self._source: Node = version.document
        self._plan = plan
        self._schemas = MaskedSchemas(version.document, plan.name)

    def document(self, operations: list[Operation], base_url: str) -> Node:
        paths: Node = {}
        for row in operations:
            item = paths.setdefault(row.path, self._shared(row.path))
            item[row.method.lower()] = self._operation(row)
        tags = {tag for item in paths.values() for method in METHODS for tag in elements(item.get(method, {}), "tags")}
        served = {name: self._source[name] for name in _KEPT if name in self._source}
        served["servers"] = [{"url": base_url}]
        served["tags"] = [tag for tag in elements(self._source, "tags") if _name(tag) in tags]
        served["paths"] = paths
        return without_unused(served, self._components())

    def _shared(self, path: str) -> Node:
        item = path_item(self._source, path)
        return {name: item[name] for name in _OF_A_PATH if name in item}

    def _components(self) -> Node:
        components = dict(members(self._source, "components"))
        components["schemas"] = {**members(components, "schemas"), **self._schemas.components}
        told = "A key or an access token; see the portal."
        components["securitySchemes"] = {_SECURITY: {"type": "http", "scheme": "bearer", "description": told}}
        return components

    def _operation(self, row: Operation) -> Node:
        source = operation_object(self._source, row.method, row.path)
        served = {name: value for name, value in source.items() if name not in (*_LEADS_ELSEWHERE, "parameters")}
        served["security"] = [{_SECURITY: [row.scope] if row.scope and self._says_scopes() else []}]
        if parameters := self._parameters(row, source):
            served["parameters"] = parameters
        rules = rules_for(self._plan, row)
        answers = members(source, "responses").items()
        served["responses"] = {status: self._answer(answer, rules) for status, answer in answers}
        return served

    def _says_scopes(self) -> bool:
        """OpenAPI 3.0 allows scopes for OAuth alone (3.1, "Security Requirement Object", allows roles)."""
        return not str(self._source.get("openapi", "")).startswith("3.0")

    def _parameters(self, row: Operation, source: Node) -> list[Any]:
        """The operation's own parameters and its path's, without those that the plan refuses."""
        refused = refused_parameters(self._plan, row)
        found: dict[tuple[str, str], Any] = {}
        for owner in (path_item(self._source, row.path), source):
            for given in elements(owner, "parameters"):
                node = resolve(self._source, given)
                found[str(node.get("in")), str(node.get("name"))] = given
        return [node for (place, name), node in found.items() if place != "query" or name not in refused]

    def _answer(self, answer: Any, rules: list[MaskRule]) -> Any:
        served = {name: value for name, value in resolve(self._source, answer).items() if name != "links"}
        if "content" in served:
            medias = members(served, "content").items()
            served["content"] = {name: self._media(resolve(self._source, media), rules) for name, media in medias}
        return served

    def _media(self, media: Node, rules: list[MaskRule]) -> Node:
        if not rules:
            return media
        served = dict(media)
        if "schema" in media:
            served["schema"] = self._schemas.rewrite(media["schema"], Progress.of(rules))
        return self._with_examples(served, media, rules)

    def _with_examples(self, served: Node, media: Node, rules: list[MaskRule]) -> Node:
        """Its examples after the masks; those that the masks would withhold go."""
        masker = compile_masker(rules, hash_key=EXAMPLE_HASH_KEY, hash_key_id="k1", subject="example")
        named = members(media, "examples").items()
        seen = {name: _masked(masker, resolve(self._source, example)) for name, example in named}
        found = _masked(masker, {"value": media["example"]}) if "example" in media else {}
        for name in ("example", "examples"):
            served.pop(name, None)
        if "value" in found:
            served["example"] = found["value"]
        if kept := {name: example for name, example in seen.items() if "value" in example}:
            served["examples"] = kept
        return served


def _masked(masker: Masker, example: Node) -> Node:
    """An example object with its value masked; {} where nothing of it would get through."""
    if "value" not in example:
        return {}
    try:
        body = masker.mask(json.dumps(example["value"]).encode()).body
    except Withheld:
        return {}
    return {**example, "value": json.loads(body)}


def _name(tag: Any) -> str:
    return str(tag.get("name")) if isinstance(tag, dict) else ""
