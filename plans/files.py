"""A plan from a YAML file, as `manage.py plan_set` and the sample data read it."""

from pathlib import Path
from typing import Any, Literal

import msgspec
from django.core.exceptions import ValidationError
from msgspec import UNSET, UnsetType

from audit.actors import Actor
from audit.writing import write
from catalog.models import Api, Operation, Version
from catalog.openapi import anchor_of
from catalog.operator_files import given, read_operator_file
from plans.models import Plan
from plans.writes import set_limits, set_masks, set_plan


class LimitFile(msgspec.Struct, forbid_unknown_fields=True):
    """See contract.records.Limit."""

    name: str
    kind: Literal["rate", "quota", "concurrency"]
    amount: int
    period_seconds: int | UnsetType = UNSET
    burst: int | UnsetType = UNSET
    window: Literal["day", "month"] | UnsetType = UNSET
    anchored: bool | UnsetType = UNSET


class MaskFile(msgspec.Struct, forbid_unknown_fields=True):
    """A rule, see contract.masking.rules.MaskRule, and where it applies: everywhere, in an API, a version
    (`clinic/v1`) or one operation of it (`GET /patients/{patient_id}` or its operationId)."""

    path: str
    action: str
    keep: int | UnsetType = UNSET
    precision: str | UnsetType = UNSET
    is_required: bool | UnsetType = msgspec.field(default=UNSET, name="required")
    api: str | UnsetType = UNSET
    version: str | UnsetType = UNSET
    operation: str | UnsetType = UNSET
    parameters: list[str] | UnsetType = UNSET


class PlanFile(msgspec.Struct, forbid_unknown_fields=True):
    """The file. What it leaves out stays as it is; `limits` and `masks` replace all that stood there."""

    plan: str
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    terms: str | UnsetType = UNSET
    price_cents: int | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    is_default: bool | UnsetType = msgspec.field(default=UNSET, name="default")
    is_public: bool | UnsetType = msgspec.field(default=UNSET, name="public")
    filters_undeclared: bool | UnsetType = UNSET
    on_leak: Literal["quarantine", "revoke"] | UnsetType = UNSET
    versions: list[str] | UnsetType = UNSET
    scopes: list[str] | UnsetType = UNSET
    limits: list[LimitFile] | UnsetType = UNSET
    masks: list[MaskFile] | UnsetType = UNSET


SHAPES = {"$.limits[]": LimitFile, "$.masks[]": MaskFile}


def set_plan_from_file(path: Path, *, actor: Actor) -> Plan:
    """Make or change a plan as a file says. Raises ValidationError, and OSError where the file cannot be read."""
    return set_plan_from_text(path.read_bytes(), actor=actor)


@write
def set_plan_from_text(text: str | bytes, *, actor: Actor) -> Plan:
    """The same from the file's text. All of it is done or nothing."""
    content = read_operator_file(text, PlanFile, SHAPES)
    fields = given(content, "plan", "versions", "limits", "masks")
    versions = None if content.versions is UNSET else [_version(name) for name in content.versions]
    plan = set_plan(content.plan, actor=actor, versions=versions, **fields)
    if content.limits is not UNSET:
        set_limits(plan, [given(limit) for limit in content.limits], actor=actor)
    if content.masks is not UNSET:
        set_masks(plan, [_mask(mask) for mask in content.masks], actor=actor)
    return plan


def _mask(content: MaskFile) -> dict[str, Any]:
    _check_axes(content)
    fields = given(content, "api", "version", "operation")
    if content.operation is not UNSET:
        return fields | {"operation": _operation(content)}
    if content.version is not UNSET:
        return fields | {"version": _version(content.version)}
    return fields if content.api is UNSET else fields | {"api": _api(content.api)}


def _check_axes(content: MaskFile) -> None:
    """Two axes that contradict each other would leave open which one is meant."""
    named = UNSET if content.version is UNSET else content.version.partition("/")[0]
    if UNSET not in (content.api, named) and content.api != named:
        raise ValidationError({"masks": f"{content.path}: {content.version} is no version of {content.api}."})


def _api(slug: str) -> Api:
    found = Api.objects.filter(slug=slug).first()
    if found is None:
        raise ValidationError({"api": f"There is no API {slug!r}."})
    return found


def _version(name: str) -> Version:
    slug, _, version = name.partition("/")
    found = Version.objects.filter(api=_api(slug), name=version).first()
    if found is None:
        raise ValidationError({"versions": f"There is no version {name!r}; name it as clinic/v1."})
    return found


def _operation(content: MaskFile) -> Operation:
    if content.version is UNSET:
        raise ValidationError({"masks": f"The mask of {content.path} names an operation: name its version too."})
    version, name = _version(content.version), str(content.operation)
    method, _, path = name.partition(" ")
    by_address = version.operations.filter(method=method.upper(), path=path).first()
    found = by_address or version.operations.filter(anchor=anchor_of(name)).first()
    if found is None:
        raise ValidationError({"masks": f"{version} has no operation {name!r}."})
    return found
