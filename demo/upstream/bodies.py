"""Request bodies: JSON read into a declared shape, and JSON merge patches (RFC 7396)."""

import re
from typing import Any, TypeVar

import msgspec

from demo.upstream.replies import Refusal, invalid

Shape = TypeVar("Shape", bound=msgspec.Struct)
Value = TypeVar("Value")

JSON_TYPES = ("application/json",)
PATCH_TYPES = ("application/json", "application/merge-patch+json")

_PLACE = re.compile(r" - at `\$(.*)`$")


def read_body(body: bytes, content_type: str, shape: type[Shape]) -> Shape:
    """Raises ``Refusal`` 400, 415 or 422."""
    _check_type(content_type, JSON_TYPES)
    return _decoded(body, shape)


def read_patched(body: bytes, content_type: str, shown: Any, shape: type[Shape]) -> tuple[Shape, Shape]:
    """The writable part of the ``shown`` row before and after a merge patch; raises ``Refusal`` 400, 415 or 422."""
    _check_type(content_type, PATCH_TYPES)
    patch = _decoded(body, dict[str, Any])
    whole = msgspec.to_builtins(shown)
    current = {name: whole[name] for name in shape.__struct_fields__}
    try:
        return msgspec.convert(current, shape), msgspec.convert(_merged(current, patch), shape)
    except msgspec.ValidationError as error:
        raise _invalid(error) from None


def _check_type(content_type: str, accepted: tuple[str, ...]) -> None:
    media_type, _, parameters = content_type.partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() not in accepted or charset not in ("", "utf-8"):
        raise Refusal(415, "unsupported-media-type", f"Send {accepted[0]} in UTF-8.")


def _decoded(body: bytes, shape: type[Value]) -> Value:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise _invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(400, "bad-json", "The body is not a JSON document in UTF-8.") from None


def _merged(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Goes no deeper than the target, however deep the patch."""
    merged = {name: value for name, value in target.items() if name not in patch}
    for name, value in patch.items():
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            merged[name] = _merged(target[name], value)
        elif value is not None:
            merged[name] = value
    return merged


def _invalid(error: msgspec.ValidationError) -> Refusal:
    text = str(error)
    place = _PLACE.search(text)
    pointer = place[1].replace(".", "/") if place else ""
    return invalid(_PLACE.sub("", text).replace("`", "") + ".", pointer)
