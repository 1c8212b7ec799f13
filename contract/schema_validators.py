"""Compiling JSON Schemas, the same for the control plane, which refuses bad ones, and the gateways, which use them.

Patterns are ECMA 262 regular expressions. Most run in linear time; those with look-around or back-references run with a
limit of steps, beyond which the value counts as not matching. Nothing is ever fetched.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema_rs import Draft202012Validator, FancyRegexOptions, ReferencingError, ValidationError

from contract.request_rules import Schema

BACKTRACKS_MAX = 1000
PATTERN_MAX_BYTES = 1 << 20
"""Of a compiled pattern: `(a{1,100}){1,100}` is short to write and long to compile."""

_NAMED = {"properties", "patternProperties", "dependentSchemas"}
_NO_SCHEMAS = {*_NAMED, "enum", "const", "dependentRequired"}


class SchemaError(ValueError):
    """The schema cannot be compiled. The message quotes the schema, never a value."""


def compile_schema(schema: Schema, definitions: Mapping[str, Schema]) -> Draft202012Validator:
    """Raises SchemaError."""
    options = FancyRegexOptions(
        backtrack_limit=BACKTRACKS_MAX, size_limit=PATTERN_MAX_BYTES, dfa_size_limit=PATTERN_MAX_BYTES
    )
    try:
        return Draft202012Validator(
            rooted(schema, definitions), validate_formats=True, pattern_options=options, offline=True
        )
    except ValidationError as error:
        raise SchemaError(f"/{'/'.join(map(str, error.instance_path))}: {error.message[:200]}") from None
    except (ReferencingError, KeyError, ValueError, OverflowError, RecursionError) as error:
        raise SchemaError(f"{type(error).__name__} in the schema") from None


def rooted(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The schema with the definitions that it reaches beside it: compiling takes time for each."""
    reached = dict.fromkeys(_references(schema))
    waiting = list(reached)
    while waiting:
        found = [name for name in _references(definitions[waiting.pop()]) if name not in reached]
        reached |= dict.fromkeys(found)
        waiting += found
    if isinstance(schema, bool) or not reached:
        return schema
    return {"$defs": {name: definitions[name] for name in reached}, **schema}


def _references(schema: Schema) -> Iterator[str]:
    """The definitions that a schema names. Properties and listed values may be called like words of schemas."""
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            if "$ref" in node:
                yield definition_name(node["$ref"])
            waiting += [part for word in _NAMED & node.keys() for part in node[word].values()]
            waiting += [part for word, part in node.items() if word not in _NO_SCHEMAS]


def definition_name(reference: str) -> str:
    """The name in `#/$defs/<name>`."""
    return reference.removeprefix("#/$defs/")
