"""A version's document for a plan, as bytes; kept for as long as neither changes."""

import json
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import yaml
from django.db.models import Q

from audit.models import PublishedRecord
from catalog.models import Operation, Version
from contract.settings import settings
from plans.models import Plan
from plans.served.document import served_document
from portal.reference.conditions import Need
from portal.reference.kept import Kept
from portal.reference.outline import document_of
from portal.reference.served_needs import digest_of, with_needs

Form = Literal["json", "yaml"]
MEDIA_TYPES: dict[Form, str] = {"json": "application/json", "yaml": "application/yaml"}
"""RFC 8259 and RFC 9512."""
MOST_KEPT_BYTES = 40_000_000
MOST_YAML_BYTES = 2_000_000
"""JSON is YAML: a longer document is given as it is, since YAML's own form would take minutes to write."""


_kept: Kept[bytes] = Kept(MOST_KEPT_BYTES, len)


class Served(NamedTuple):
    """`tag` names this state of the document among all."""

    body: bytes
    tag: str


def served(version: Version, plan: Plan, form: Form, needs: Sequence[Need]) -> Served:
    """The document in one form, with what its calls need, of a version that comes with `published_number`. Three
    queries the first time, then one."""
    tag = _tag(version, plan, form) + digest_of(needs)
    body = _kept.get(tag) or _kept.put(tag, _write(_document(version, plan, needs), form))
    return Served(body, tag)


def _tag(version: Version, plan: Plan, form: Form) -> str:
    """Every write to a version or a plan raises the number of its published record."""
    names = Q(kind="version", record_id=version.public_id) | Q(kind="plan", record_id=plan.public_id)
    rows = PublishedRecord.objects.filter(names).order_by("kind").values_list("record_id", "version")
    return "-".join(["openapi", form, *(f"{record_id}.{number}" for record_id, number in rows)])


def _document(version: Version, plan: Plan, needs: Sequence[Need]) -> dict[str, Any]:
    version.document = document_of(version)
    operations = list(Operation.objects.filter(version=version))
    for operation in operations:
        operation.version = version
    base_url = f"{settings().gateway_base}/{version.api.slug}/{version.name}"
    return with_needs(served_document(version, operations, plan, base_url), operations, needs)


def _write(document: dict[str, Any], form: Form) -> bytes:
    text = json.dumps(document, ensure_ascii=False, indent=1).encode()
    if form == "json" or len(text) > MOST_YAML_BYTES:
        return text
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True).encode()


class _Dumper(yaml.CSafeDumper):
    """Writes what stands in two places twice: few readers of OpenAPI know YAML's anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
