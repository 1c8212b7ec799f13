"""What a restriction names: found by public id, with what it belongs to, and called by name."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, NoReturn

from django.core.exceptions import ValidationError
from django.db.models import Case, F, Model, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Concat

from accounts.models import Application, Organisation, User
from catalog.models import Api, Operation, Version
from contract.records import Restriction
from keys.models import Credential, Kind
from plans.models import Plan


class Subject(NamedTuple):
    """One thing on an axis: its public id (a scope's is its name) and what people call it."""

    id: str
    name: str


Subjects = dict[str, Subject]
"""By axis; what a named thing belongs to is there as well, so that a choice can be widened."""


def subjects_of(record: Restriction) -> Subjects:
    """What a restriction names and what that belongs to. Two queries as a rule: one for the key or application, one for
    the operation or version; one more for all that belongs to nothing, and one for a scope that stands alone.

    Raises ValidationError by field for what does not exist, or what no call could meet together.
    """
    found: Subjects = {}
    for axis, load in _LOADERS.items():
        value = getattr(record, axis)
        if value and not _is_found(found, axis, value):
            found |= _joined(found, axis, load(value) or _missing(axis, value))
    return found | _those_alone(record, found)


def _is_found(found: Subjects, axis: str, value: str) -> bool:
    """Raises ValidationError where another one is found already."""
    if axis in found and found[axis].id != value:
        raise ValidationError({axis: f"{value!r} and what else is named belong apart: no call meets both."})
    return axis in found


def _joined(found: Subjects, axis: str, loaded: Subjects) -> Subjects:
    for shared in found.keys() & loaded.keys():
        _is_found(found, shared, loaded[shared].id)
    return loaded


def _missing(axis: str, value: str) -> NoReturn:
    raise ValidationError({axis: f"There is no {axis} {value!r}."})


def _those_alone(record: Restriction, found: Subjects) -> Subjects:
    """What belongs to nothing that a restriction could name."""
    alone = {axis: getattr(record, axis) for axis in _ALONE if getattr(record, axis)}
    wanted = {axis: value for axis, value in alone.items() if not _is_found(found, axis, value)}
    names = _names(wanted.values())
    return {axis: Subject(value, names.get(value) or _missing(axis, value)) for axis, value in wanted.items()}


def names_in_bulk(records: Iterable[Restriction]) -> dict[str, str]:
    """What everything named by any of them is called, by public id; what is gone is missing. One query."""
    axes = [*(axis for axis in _LOADERS if axis != "scope"), *_ALONE]
    return _names(getattr(record, axis) for record in records for axis in axes)


def _names(public_ids: Iterable[str]) -> dict[str, str]:
    ids = set(public_ids) - {""}
    first, *others = (_named(model, name, ids) for model, name in _NAMES)
    return dict(first.union(*others, all=True)) if ids else {}


def _named(model: type[Model], name: F | Concat, ids: set[str]) -> QuerySet[Any, tuple[str, str]]:
    rows = model._default_manager.filter(public_id__in=ids).order_by()
    return rows.annotate(_words=Cast(name, TextField())).values_list("public_id", "_words")


def _credential(public_id: str) -> Subjects | None:
    rows = Credential.objects.select_related("application__organisation", "created_by")
    key = rows.filter(public_id=public_id).first()
    if key is None:
        return None
    made_by = {"user": _subject(key.created_by)} if key.created_by else {}
    named = Subject(key.public_id, f"{key} (client)") if key.kind == Kind.CLIENT else _subject(key)
    return {"credential": named, **_upwards(key.application), **made_by}


def _application(public_id: str) -> Subjects | None:
    found = Application.objects.select_related("organisation").filter(public_id=public_id).first()
    return found and _upwards(found)


def _upwards(application: Application) -> Subjects:
    return {"application": _subject(application), "organisation": _subject(application.organisation)}


def _operation(public_id: str) -> Subjects | None:
    rows = Operation.objects.select_related("version__api").defer("version__document")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        return None
    scope = {"scope": Subject(found.scope, found.scope)} if found.scope else {}
    version = found.version
    return {"operation": _subject(found), "version": _subject(version), "api": _subject(version.api), **scope}


def _version(public_id: str) -> Subjects | None:
    found = Version.objects.select_related("api").filter(public_id=public_id).first()
    return found and {"version": _subject(found), "api": _subject(found.api)}


def _scope(name: str) -> Subjects | None:
    return {"scope": Subject(name, name)} if Operation.objects.filter(scope=name).exists() else None


def _subject(thing: Model) -> Subject:
    return Subject(thing.public_id, str(thing))  # type: ignore[attr-defined]


_LOADERS: dict[str, Callable[[str], Subjects | None]] = {
    "credential": _credential,
    "application": _application,
    "operation": _operation,
    "version": _version,
    "scope": _scope,
}
"""The narrow before the wide, so that one query answers for several axes."""
_ALONE = ("organisation", "user", "plan", "api")

_NAMES: tuple[tuple[type[Model], F | Concat], ...] = (
    (Credential, Concat("name", Case(When(kind=Kind.CLIENT, then=Value(" (client)")), default=Value("")))),
    (Application, F("name")),
    (Organisation, F("name")),
    (User, F("email")),
    (Plan, F("name")),
    (Operation, Concat("method", Value(" "), "path")),
    (Version, Concat("api__title", Value(" "), "name")),
    (Api, F("title")),
)
