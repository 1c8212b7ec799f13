"""What the gateways know of restrictions, and the same value as forms, previews and writes hand it about."""

from typing import Any

import msgspec

from catalog.records import to_ms
from contract import records
from contract.masking.rules import MaskRule
from restrictions.models import Restriction

TEXT_AXES = ("organisation", "application", "credential", "user", "plan", "api", "version", "operation", "scope")


def build_restriction(record_id: str) -> records.Restriction | None:
    """The record of a restriction by public id; a tombstone once it was lifted or noted as over."""
    row = Restriction.objects.filter(public_id=record_id, lifted_at=None, retired_at=None).first()
    return row and record_of(row)


def record_of(row: Restriction) -> records.Restriction:
    """A restriction as the gateways read it, whatever its state."""
    return records.Restriction(
        id=row.public_id,
        how=row.how,  # type: ignore[arg-type]
        reference=row.reference,
        advice=row.advice,
        **{axis: getattr(row, axis) for axis in TEXT_AXES},
        networks=tuple(row.networks),
        throttle=records.Throttle(row.amount, row.period_seconds, row.burst) if row.how == "throttle" else None,
        masks=tuple(MaskRule(**mask) for mask in row.masks),
        starts_at_ms=to_ms(row.starts_at),
        ends_at_ms=to_ms(row.ends_at),
        requirement=msgspec.convert(row.requirement, records.Requirement) if row.requirement else None,
        made_at_ms=to_ms(row.created_at) or 0,
    )


def columns_of(record: records.Restriction) -> dict[str, Any]:
    """The columns that say who, what and how."""
    throttle = record.throttle or records.Throttle(0, 0)
    return {
        **{axis: getattr(record, axis) for axis in TEXT_AXES},
        "how": record.how,
        "networks": list(record.networks),
        "amount": throttle.amount,
        "period_seconds": throttle.period_seconds,
        "burst": throttle.burst,
        "masks": [msgspec.structs.asdict(rule) for rule in record.masks],
        "requirement": msgspec.to_builtins(record.requirement),
    }
