"""How a record is written: keys and arguments of the PUBLISH script."""

from typing import NamedTuple

from contract import valkey_keys
from contract.records import Record, Restriction, encode_record


class Publication(NamedTuple):
    """One run of contract.scripts.PUBLISH."""

    keys: tuple[str, ...]
    arguments: tuple[str | int | bytes, ...]


def publication(kind: str, record_id: str, version: int, body: Record | None) -> Publication:
    """`body` None is a tombstone. Restrictions also enter or leave the set of those that gateways hold."""
    key, arguments = valkey_keys.record(kind, record_id), (version, encode_record(version, body))
    if kind != "restriction":
        return Publication((key,), arguments)
    return Publication((key, valkey_keys.RESTRICTIONS), (*arguments, record_id, _ends_at(body)))


def _ends_at(body: Record | None) -> str:
    if not isinstance(body, Restriction):
        return ""
    return "+inf" if body.ends_at_ms is None else str(body.ends_at_ms)
