"""What a restriction names: found by public id, with what it belongs to, and called by name."""

from collections.abc import Callable
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Model

from accounts.models import Application, Organisation, User
from catalog.models import Api, Operation, Version
from contract.records import Restriction
from keys.models import Credential
from plans.models import Plan


class Subject(NamedTuple):
    """One thing on an axis: its public id (a scope's is its name) and what people call it."""

    id: str
    name: str


Subjects = dict[str, Subject]
"""By axis; what a named thing belongs to is there as well, so that a choice can be widened."""


def subjects_of(record: Restriction) -> Subjects:
    """What a restriction names and what that belongs to: three or four queries as a rule.

    Raises ValidationError by field for what does not exist, or what no call could meet together.
    """
    found: Subjects = {}
    for axis, load in _LOADERS.items():
        value = getattr(record, axis)
        if not value or (axis in found and found[axis].id == value):
            continue
        if axis in found:
            raise ValidationError({axis: f"{value!r} and what else is named belong apart: no call meets both."})
        loaded = load(value)
        if loaded is None:
            raise ValidationError({axis: f"There is no {axis} {value!r}."})
        _refuse_apart(found, loaded, axis)
        found |= loaded
    return found


def _refuse_apart(found: Subjects, loaded: Subjects, axis: str) -> None:
    if any(found[shared].id != loaded[shared].id for shared in found.keys() & loaded.keys()):
        raise ValidationError({axis: "It and what else is named belong apart: no call meets both."})


def names_of(record: Restriction) -> Subjects:
    """The same for what was decided long ago: what is gone is called by its id."""
    found: Subjects = {}
    for axis, load in _LOADERS.items():
        value = getattr(record, axis)
        if value and (axis not in found or found[axis].id != value):
            found |= load(value) or {axis: Subject(value, value)}
    return found


def _credential(public_id: str) -> Subjects | None:
    rows = Credential.objects.select_related("application__organisation", "created_by")
    key = rows.filter(public_id=public_id).first()
    if key is None:
        return None
    made_by = {"user": _subject(key.created_by)} if key.created_by else {}
    return {"credential": _subject(key), **_upwards(key.application), **made_by}


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


def _alone(axis: str, model: type[Model]) -> Callable[[str], Subjects | None]:
    def load(public_id: str) -> Subjects | None:
        found = model._default_manager.filter(public_id=public_id).first()
        return found and {axis: _subject(found)}

    return load


def _subject(thing: Model) -> Subject:
    return Subject(thing.public_id, str(thing))  # type: ignore[attr-defined]


_LOADERS: dict[str, Callable[[str], Subjects | None]] = {
    "credential": _credential,
    "application": _application,
    "organisation": _alone("organisation", Organisation),
    "user": _alone("user", User),
    "plan": _alone("plan", Plan),
    "operation": _operation,
    "version": _version,
    "api": _alone("api", Api),
    "scope": _scope,
}
"""The narrow before the wide, so that one query answers for several axes."""
