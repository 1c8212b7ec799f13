"""Query parameters that a mask forbids: what filters or sorts by a masked field tells its value, call by call.

A name counts as used in whatever way an upstream may read it: percent-encoded, in capitals, after `;`, with brackets
behind it (`email[eq]`), with a dot or space that PHP takes for `_`, up to a NUL.
"""

from collections.abc import Iterable
from urllib.parse import unquote_plus

from contract.records import Mask
from gateway.refusal import Refused

_BRACKETS_MAX = 8
_ALIKE = str.maketrans(". ", "__")


def refused_names(masks: Iterable[Mask], *, api: str, version: str, operation: str) -> dict[str, str]:
    """The names as compared, to the names as the masks have them. A shadow call gets those of its whole version."""
    chosen = [mask for mask in masks if mask.api in ("", api) and mask.version in ("", version)]
    named = [mask for mask in chosen if not operation or mask.operation in ("", operation)]
    return {_compared(name): name for mask in named for name in mask.parameters}


def refuse_parameters(query: bytes, refused: dict[str, str]) -> None:
    """`query` begins with `?`, if there is any. Raises Refused("parameter-refused"), naming it as the mask does."""
    for part in query[1:].replace(b";", b"&").split(b"&"):
        for name in _readings(unquote_plus(part.partition(b"=")[0].decode("latin-1"))):
            if name in refused:
                raise Refused("parameter-refused", extra={"parameter": refused[name]})


def _readings(name: str) -> list[str]:
    """The name, and what stands before each of its brackets."""
    compared = _compared(name)
    pieces = compared.split("[", _BRACKETS_MAX + 1)
    return [compared, *("[".join(pieces[:count]) for count in range(1, len(pieces)))]


def _compared(name: str) -> str:
    return name.partition("\0")[0].strip().casefold().translate(_ALIKE)
