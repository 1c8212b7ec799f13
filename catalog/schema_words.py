"""A schema's type in the words of a reference page."""

from catalog.documents import Node, elements, resolve

_FORMATS = {"date": "date", "date-time": "date and time", "uri": "address", "email": "e-mail address", "byte": "base64"}
_MOST_CHOICES = 12
#: Within a choice: schemas of choices of choices would otherwise take minutes.
_MOST_NESTED_CHOICES = 2
_DEEPEST = 3


def type_words(document: Node, schema: object, depth: int = 0) -> str:
    """`string`, `list of integer`, `date, may be null`, `one of a, b`."""
    node = resolve(document, schema)
    if depth > _DEEPEST or not node:
        return "any"
    words, may_be_null = _words(document, node, depth)
    return f"{words}, may be null" if may_be_null else words


def _words(document: Node, node: Node, depth: int) -> tuple[str, bool]:
    if choices := elements(node, "anyOf") or elements(node, "oneOf"):
        kinds = [choice for choice in choices if resolve(document, choice).get("type") != "null"]
        shown = kinds[: _MOST_NESTED_CHOICES if depth else _MOST_CHOICES]
        words = dict.fromkeys(type_words(document, kind, depth + 1) for kind in shown)
        return " or ".join(words) or "null", len(kinds) < len(choices)
    types = node["type"] if isinstance(node.get("type"), list) else [node.get("type")]
    kinds = [str(kind) for kind in types if kind not in (None, "null")]
    may_be_null = "null" in types or node.get("nullable") is True
    return _one_kind(document, node, kinds, depth), may_be_null


def _one_kind(document: Node, node: Node, kinds: list[str], depth: int) -> str:
    if values := [value for value in elements(node, "enum") if value is not None]:
        return "one of " + ", ".join(str(value)[:60] for value in values[:_MOST_CHOICES])
    if parts := elements(node, "allOf"):
        return type_words(document, parts[0], depth + 1)
    if kinds == ["array"]:
        return f"list of {type_words(document, node.get('items'), depth + 1)}"
    if kinds == ["string"] and isinstance(node.get("format"), str):
        return _FORMATS.get(node["format"], f"string, {node['format'][:30]}")
    return _ranged(" or ".join(kinds) or ("object" if "properties" in node else "any"), node)


def _ranged(words: str, node: Node) -> str:
    least, most = node.get("minimum"), node.get("maximum")
    if least is not None and most is not None:
        return f"{words}, {least} to {most}"
    if least is not None:
        return f"{words}, from {least}"
    return words if most is None else f"{words}, up to {most}"
