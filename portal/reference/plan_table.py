"""Plans side by side: the rows of the comparison, and what each change would bring."""

from collections.abc import Sequence
from typing import NamedTuple

from catalog.life import newest_first
from catalog.models import Version
from plans.compare import Comparison, PlanColumn
from plans.words import limit_amount, limit_name, price_words
from portal.reference.contents import life_words
from portal.reference.field_rows import seen_words
from portal.reference.plan_fields import Subject


class Cell(NamedTuple):
    """`kind` is text, yes, no, shown or masked."""

    kind: str
    text: str


class Row(NamedTuple):
    """A name and a cell for each plan; `is_code` where machines read the name."""

    name: str
    cells: list[Cell]
    is_code: bool = False


class Group(NamedTuple):
    """Rows under one heading; `note` stands below them."""

    name: str
    rows: list[Row]
    note: str = ""


def groups_of(comparison: Comparison, api_versions: Sequence[Version], subjects: Sequence[Subject]) -> list[Group]:
    """Limits, versions and scopes, then the fields of each subject that some plan masks."""
    columns = comparison.columns
    scopes = [_scope_row(scope, columns) for scope in comparison.scopes]
    return [
        Group("Limits", _limit_rows(columns)),
        Group("Versions and scopes", [_version_row(columns, api_versions), *scopes]),
        *(_subject_group(subject) for subject in subjects if subject.masked),
    ]


def _limit_rows(columns: Sequence[PlanColumn]) -> list[Row]:
    names = dict.fromkeys(limit_name(limit) for column in columns for limit in column.limits)
    return [Row(name, [_limit_cell(column, name) for column in columns]) for name in names]


def _limit_cell(column: PlanColumn, name: str) -> Cell:
    """Of two limits of one kind the smaller one counts."""
    found = [limit for limit in column.limits if limit_name(limit) == name]
    return Cell("text", limit_amount(min(found, key=lambda limit: limit.amount)) if found else "no limit")


def _version_row(columns: Sequence[PlanColumn], api_versions: Sequence[Version]) -> Row:
    return Row("Versions", [Cell("text", _version_words(column, api_versions)) for column in columns])


def _version_words(column: PlanColumn, api_versions: Sequence[Version]) -> str:
    covered = {version.pk for version in column.versions}
    names = [f"{row.name} {life_words(row)}".strip() for row in newest_first(api_versions) if row.pk in covered]
    return ", ".join(names) or "none"


def _scope_row(scope: str, columns: Sequence[PlanColumn]) -> Row:
    cells = [Cell("yes", "yes") if scope in column.scopes else Cell("no", "no") for column in columns]
    return Row(scope, cells, is_code=True)


def _subject_group(subject: Subject) -> Group:
    rows = [
        Row(field.path, [Cell("masked" if rule else "shown", seen_words(rule)) for rule in field.rules], is_code=True)
        for field in subject.masked
    ]
    note = f"Every plan shows the other {subject.others} fields." if subject.others > 1 else ""
    return Group(f"Fields of {subject.name.lower()}", rows, note)


class Change(NamedTuple):
    """What changing from one plan to another brings and takes, in sentences."""

    brings: list[str]
    takes: list[str]


def change_between(own: int, other: int, comparison: Comparison, subjects: Sequence[Subject]) -> Change:
    """`own` and `other` are columns."""
    before, after = comparison.columns[own], comparison.columns[other]
    rules = [(field.rules[own], field.rules[other]) for subject in subjects for field in subject.masked]
    opened = sum(1 for old, new in rules if old and not new)
    closed = sum(1 for old, new in rules if new and not old)
    gained, lost = sorted(after.scopes - before.scopes), sorted(before.scopes - after.scopes)
    brings = [_fields("Shows", opened, "more field")] * bool(opened) + [f"Adds {_list(gained)}."] * bool(gained)
    takes = [_fields("Masks", closed, "field that you read now", "fields that you read now")] * bool(closed)
    return Change(brings, takes + [f"Takes away {_list(lost)}: keys that have it are answered 403."] * bool(lost))


def _fields(verb: str, count: int, one: str, many: str = "") -> str:
    return f"{verb} {count} {one if count == 1 else many or f'{one}s'}."


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)


def prices(comparison: Comparison) -> list[str]:
    """The price of each plan."""
    return [price_words(column.plan) for column in comparison.columns]
