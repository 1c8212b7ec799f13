"""An operation's rules, compiled once per published record: what is wrong with a request, decided from values."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from contract.request_rules import Parameter, Place, RequestRules, Schema
from gateway.forward import is_reserved, passed_fields
from gateway.strict import Fields
from gateway.validation.bodies import CompiledContent
from gateway.validation.explain import Explainer
from gateway.validation.issues import Issue, Malformed
from gateway.validation.parameters import CompiledParameter
from gateway.validation.places import Named, PathReader, read_cookies, read_pairs

Pairs = list[tuple[bytes, bytes]]
_PLACES: tuple[Place, ...] = ("path", "query", "header", "cookie")


class Judged(NamedTuple):
    """`undeclared` is how many query parameters the document does not know; they are passed on."""

    issues: list[Issue]
    undeclared: int = 0


class CompiledRequest:
    """`contents` are the bodies that it takes, by media type or range of types. Raises SchemaError on making."""

    def __init__(self, rules: RequestRules, path: str) -> None:
        explainer = Explainer(rules.definitions, known_names(rules))
        self._by_place = {place: _compiled(_in_place(rules, place), rules.definitions, explainer) for place in _PLACES}
        self._path = PathReader(path)
        self.contents = {
            content.media_type: CompiledContent(content, rules.definitions, explainer)
            for content in (rules.body.contents if rules.body else ())
        }
        self.needs_body = rules.body is not None and rules.body.required

    def judge_parameters(self, path: str, query: bytes, fields: Fields) -> Judged:
        """`path` is the operation's, canonical; `query` as sent, with its question mark or empty."""
        issues = list(self._in_path(path))
        if self._by_place["header"] or self._by_place["cookie"]:
            headers = passed_fields(fields)
            issues += [*self._in_headers(headers), *self._in_cookies(headers)]
        try:
            values = read_pairs(query[1:])
        except Malformed as error:
            return Judged([*issues, Issue("query", str(error))])
        for parameter in self._by_place["query"]:
            issues += parameter.issues_in_values(values)
        return Judged(issues, self._undeclared(values))

    def _undeclared(self, values: Named) -> int:
        claimed = set[str]().union(*(parameter.reader.claimed(values) for parameter in self._by_place["query"]))
        return len(values.keys() - claimed)

    def _in_path(self, path: str) -> Iterator[Issue]:
        if not self._by_place["path"]:
            return
        try:
            texts = self._path.read(path)
        except Malformed as error:
            yield Issue("path", str(error))
            return
        for parameter in self._by_place["path"]:
            yield from parameter.issues_in_text(texts.get(parameter.name))

    def _in_headers(self, headers: Pairs) -> Iterator[Issue]:
        for parameter in self._by_place["header"]:
            wanted = parameter.name.lower().encode()
            values = [value for name, value in headers if name.lower() == wanted]
            yield from parameter.issues_in_header(values)

    def _in_cookies(self, headers: Pairs) -> Iterator[Issue]:
        if not self._by_place["cookie"]:
            return
        try:
            values = read_cookies([value for name, value in headers if name.lower() == b"cookie"])
        except Malformed as error:
            yield Issue("cookie", str(error))
            return
        for parameter in self._by_place["cookie"]:
            yield from parameter.issues_in_values(values)


def _in_place(rules: RequestRules, place: Place) -> list[Parameter]:
    """Without header fields that never reach the upstream: they are ours to read."""
    found = [rule for rule in rules.parameters if rule.place == place]
    return [rule for rule in found if place != "header" or not is_reserved(rule.name.lower().encode())]


def _compiled(
    rules: list[Parameter], definitions: Mapping[str, Schema], explainer: Explainer
) -> list[CompiledParameter]:
    names = frozenset(rule.name for rule in rules)
    return [CompiledParameter(rule, definitions, explainer, names - {rule.name}) for rule in rules]


def known_names(rules: RequestRules) -> frozenset[str]:
    """The property names that the rules spell anywhere: those that an answer may repeat."""
    schemas = [*rules.definitions.values(), *(each.schema for each in rules.parameters)]
    schemas += [content.schema for content in (rules.body.contents if rules.body else ())]
    return frozenset(name for schema in schemas for name in _names_in(schema))


def _names_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from properties
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from _names_in(inner)
