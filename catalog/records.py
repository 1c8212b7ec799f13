"""What the gateways know of APIs, versions and operations."""

from datetime import datetime

import msgspec
from django.utils import timezone

from catalog.models import Api, Extension, Operation, State, Version
from contract import records
from contract.answer_rules import AnswerRules
from contract.request_rules import RequestRules


def build_api(record_id: str) -> records.Api | None:
    """The record of an API by slug. Drafts are not served, so they are not named."""
    api = Api.objects.filter(slug=record_id).first()
    if api is None:
        return None
    served = api.versions.exclude(state=State.DRAFT).values_list("name", "public_id")
    return records.Api(
        api.public_id,
        api.slug,
        dict(served),
        api.unmatched,  # type: ignore[arg-type]
        validation=api.validation,  # type: ignore[arg-type]
        cors_origins=tuple(api.cors_origins),
    )


def build_version(record_id: str) -> records.Version | None:
    """The record of a version by public id, with its routing table."""
    version = Version.objects.select_related("api", "successor").filter(public_id=record_id).first()
    if version is None:
        return None
    return records.Version(
        id=version.public_id,
        api=version.api.slug,
        name=version.name,
        state=version.state,  # type: ignore[arg-type]
        upstream_url=version.upstream_url.rstrip("/"),
        test_upstream_url=version.test_upstream_url.rstrip("/"),
        operations=tuple(version.operations.values_list("method", "path", "public_id")),
        deprecated_at_ms=to_ms(version.deprecated_at),
        sunset_at_ms=to_ms(version.sunset_at),
        successor=version.successor.name if version.successor else "",
        upstream_headers=version.upstream_headers,
        brownouts=brownouts_of(version),
    )


def brownouts_of(version: Version) -> tuple[records.Brownout, ...]:
    """Those under way and to come."""
    standing = version.brownouts.filter(cancelled_at=None, ends_at__gt=timezone.now())
    return tuple(records.Brownout(_ms(one.starts_at), _ms(one.ends_at)) for one in standing)


def extensions_of(application: str, api: str) -> tuple[records.Extension, ...]:
    """What an application has of its own in the versions of an API, by public ids."""
    rows = Extension.objects.filter(application__public_id=application, version__api__public_id=api)
    return tuple(
        records.Extension(row.version.public_id, to_ms(row.sunset_at), row.is_exempt)
        for row in rows.select_related("version")
    )


def build_operation(record_id: str) -> records.Operation | None:
    """The record of an operation by public id."""
    # Without the version's document: reading it again for each of its operations takes longer than all the rest.
    rows = Operation.objects.select_related("version").defer(None).defer("version__document")
    row = rows.filter(public_id=record_id).first()
    if row is None:
        return None
    return records.Operation(
        row.public_id,
        row.version.public_id,
        row.method,
        row.path,
        row.scope,
        row.cost,
        request=msgspec.convert(row.request_rules, RequestRules | None),
        answers=msgspec.convert(row.answer_rules, AnswerRules | None),
        deprecated_at_ms=to_ms(row.deprecated_at),
        sunset_at_ms=to_ms(row.sunset_at),
    )


def to_ms(moment: datetime | None) -> int | None:
    """Milliseconds since the epoch."""
    return None if moment is None else _ms(moment)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
