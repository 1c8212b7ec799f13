"""An API and its versions from a YAML file, as `manage.py api_set` and the sample data read it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from django.core.exceptions import ValidationError
from msgspec import UNSET, UnsetType

from audit.actors import Actor
from audit.writing import write
from catalog.models import Api, Version
from catalog.operator_files import expand, given, moment, names_variable, read_operator_file
from catalog.reading_documents import ReadDocument, read_for_import
from catalog.writes import import_read, set_api, set_upstream_headers, set_version


class VersionFile(msgspec.Struct, forbid_unknown_fields=True):
    """One version. `document` is a path relative to the file; times are ISO 8601."""

    state: Literal["draft", "live", "deprecated", "retired"] | UnsetType = UNSET
    document: str | UnsetType = UNSET
    upstream_url: str | UnsetType = UNSET
    test_upstream_url: str | UnsetType = UNSET
    upstream_headers: dict[str, str] | UnsetType = UNSET
    deprecated_at: str | UnsetType | None = UNSET
    sunset_at: str | UnsetType | None = UNSET
    successor: str | UnsetType | None = UNSET


class ApiFile(msgspec.Struct, forbid_unknown_fields=True):
    """The file. What it leaves out stays as it is; versions that it does not name, too."""

    api: str
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    owner: str | UnsetType = UNSET
    unmatched: Literal["refuse", "shadow"] | UnsetType = UNSET
    validation: Literal["enforce", "report", "off"] | UnsetType = UNSET
    cors_origins: list[str] | UnsetType = UNSET
    versions: dict[str, VersionFile] = {}


SHAPES = {"$.versions[]": VersionFile}


def set_api_from_file(path: Path, *, actor: Actor) -> Api:
    """Make or change an API as a file says. Raises ValidationError, and OSError where the file cannot be read."""
    return set_api_from_text(path.read_bytes(), path.parent, actor=actor)


def set_api_from_text(text: str | bytes, folder: Path, *, actor: Actor) -> Api:
    """The same from the file's text; documents are looked for in `folder`. All of it is done or nothing.

    File and documents are read before the transaction begins.
    """
    content = read_operator_file(text, ApiFile, SHAPES)
    documents = {
        name: read_for_import(_read(folder / version.document))
        for name, version in content.versions.items()
        if version.document is not UNSET
    }
    return _set_api(content, documents, actor=actor)


@write
def _set_api(content: ApiFile, documents: Mapping[str, ReadDocument], *, actor: Actor) -> Api:
    api = set_api(content.api, actor=actor, **given(content, "api", "versions"))
    for name, version in content.versions.items():
        _set_version(api, name, version, documents.get(name), actor)
    for name, version in content.versions.items():
        if version.successor is not UNSET:
            set_version(api, name, actor=actor, successor=_successor(api, version.successor))
    return api


def _set_version(api: Api, name: str, content: VersionFile, document: ReadDocument | None, actor: Actor) -> None:
    version = set_version(api, name, actor=actor, **_fields(content))
    if document is not None:
        import_read(version, document, actor=actor)
    if content.upstream_headers is not UNSET:
        set_upstream_headers(version, _credentials(content.upstream_headers), actor=actor)


def _fields(content: VersionFile) -> dict[str, Any]:
    fields = given(content, "document", "upstream_headers", "successor")
    for name in ("upstream_url", "test_upstream_url"):
        if name in fields:
            fields[name] = expand(fields[name], os.environ)
    for name in ("deprecated_at", "sunset_at"):
        if name in fields:
            fields[name] = moment(fields[name], name)
    return fields


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValidationError({"document": f"{path}: {error.strerror}."}) from None


def _credentials(headers: dict[str, str]) -> dict[str, str]:
    """Values come from the environment: a secret in a file would end in version control."""
    for name, value in headers.items():
        if not names_variable(value):
            raise ValidationError({"upstream_headers": f"{name}: give its value as ${{NAME}} from the environment."})
    return {name: expand(value, os.environ) for name, value in headers.items()}


def _successor(api: Api, name: str | None) -> Version | None:
    if name is None:
        return None
    found = Version.objects.filter(api=api, name=name).first()
    if found is None:
        raise ValidationError({"successor": f"{api} has no version {name!r}."})
    return found
