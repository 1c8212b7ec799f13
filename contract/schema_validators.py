"""Compiling JSON Schemas, the same for the control plane, which refuses bad ones, and the gateways, which use them.

Patterns are ECMA 262 regular expressions. Most run in linear time; those with look-around or back-references run with a
limit of steps, beyond which the value counts as not matching. Nothing is ever fetched.
"""

from collections.abc import Mapping

from jsonschema_rs import Draft202012Validator, FancyRegexOptions, ReferencingError, ValidationError

from contract.request_rules import Schema

BACKTRACKS_MAX = 1000
PATTERN_MAX_BYTES = 1 << 20
"""Of a compiled pattern: `(a{1,100}){1,100}` is short to write and long to compile."""


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
    except (ReferencingError, ValueError, OverflowError, RecursionError) as error:
        raise SchemaError(f"{type(error).__name__} in the schema") from None


def rooted(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The schema with its definitions beside it."""
    if isinstance(schema, bool) or not definitions:
        return schema
    return {"$defs": dict(definitions), **schema}
