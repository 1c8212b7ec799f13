"""Nothing changes a domain model but a write, whether or not a test passes there.

A function that changes rows is decorated with `@write`, or is called in its module by such functions only. What is
allowed beside them is listed with the reason.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = ("accounts", "catalog", "plans", "keys", "restrictions", "guides", "portal")
#: Methods that change rows wherever they stand, and those that dictionaries and sets have as well.
ALWAYS = frozenset(
    {
        "save",
        "get_or_create",
        "update_or_create",
        "bulk_create",
        "bulk_update",
        "_raw_delete",
        "create_user",
        "create_superuser",
    }
)
BEHIND_A_QUERY = frozenset({"create", "update", "delete", "add", "remove", "set", "clear"})
QUERY = frozenset(
    {"objects", "filter", "exclude", "all", "select_for_update", "order_by", "user_permissions", "groups"}
)
ALLOWED = {
    "accounts/code_tries.py try_code": "counts what somebody tried; nothing is changed for anybody",
    "accounts/models.py create_user": "the manager's own, called by writes and by Django's createsuperuser",
    "accounts/models.py create_superuser": "the same",
    "accounts/sign_ins.py note_seen": "when a session was last used is nobody's act",
    "keys/old_tokens.py forget_old_tokens": "what has ended by itself goes without a trace",
    "keys/tokens.py keep_access_token": "issuing is no act of a person: the calls with it are logged",
    "keys/tokens.py keep_refresh_token": "the same",
    "catalog/imports.py _move": "where an import stands is nobody's act",
    "catalog/imports.py forget_old": "rows whose time is over are nobody's act",
    "catalog/revisions.py keep_revision": "called by the write that imports",
    "keys/writes.py set_expiry": "called by writes of its package's other modules",
    "portal/oauth/validator.py invalidate_authorization_code": "a code that is redeemed is used up",
    "portal/oauth/validator.py save_authorization_code": "the consent that it rests on was written",
    "portal/oauth/validator.py save_bearer_token": "a refresh token that is redeemed is used up",
    "portal/pages/second_factor.py second_factor_picture": "saves a drawing into a buffer",
    "portal/schedule.py _begin": "when a line of the schedule ran last is nobody's act",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_every_change_is_part_of_a_write() -> None:
    found = {place for package in PACKAGES for path in sources(package) for place in changes_outside_writes(path)}
    assert sorted(found - ALLOWED.keys()) == []
    assert sorted(ALLOWED.keys() - found) == []


def test_it_sees_a_change_that_is_none(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(
        "@write\ndef good():\n    _inner()\n\ndef _inner():\n    row.save()\n\n"
        "def page():\n    Key.objects.filter(pk=1).update(name='x')\n\ndef other():\n    {}.update(a=1)\n"
    )
    assert [place.rpartition(" ")[2] for place in changes_outside_writes(planted)] == ["page"]


def sources(package: str) -> Iterator[Path]:
    return (path for path in sorted((REPOSITORY / package).rglob("*.py")) if "migrations" not in path.parts)


def changes_outside_writes(path: Path) -> Iterator[str]:
    """`file function` of each function that changes rows and need not be part of a write."""
    functions = {node.name: node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function)}
    inside = _inside_writes(functions)
    name = path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path.name
    return (f"{name} {each}" for each in functions.keys() - inside if _changes_rows(functions[each]))


def _inside_writes(functions: dict[str, Function]) -> set[str]:
    """Writes, and what only they call, and what only that calls."""
    named = {name: _names_in(node) for name, node in functions.items()}
    callers = {name: {other for other, names in named.items() if name in names} for name in functions}
    inside: set[str] = set()
    found = {name for name, node in functions.items() if _is_write(node)}
    while found - inside:
        inside |= found
        found = {name for name, by in callers.items() if by - {name} and by - {name} <= inside}
    return inside


def _is_write(function: Function) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "write" for each in function.decorator_list)


def _names_in(function: Function) -> set[str]:
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}


def _changes_rows(function: Function) -> bool:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    return any(_is_change(call.func) for call in calls if isinstance(call.func, ast.Attribute))


def _is_change(called: ast.Attribute) -> bool:
    return called.attr in ALWAYS or (called.attr in BEHIND_A_QUERY and bool(_words_before(called.value) & QUERY))


def _words_before(node: ast.expr) -> set[str]:
    """`Key.objects.filter(…)` is Key, objects, filter."""
    words: set[str] = set()
    while isinstance(node, ast.Call | ast.Attribute):
        words |= {node.attr} if isinstance(node, ast.Attribute) else set()
        node = node.func if isinstance(node, ast.Call) else node.value
    return words | ({node.id} if isinstance(node, ast.Name) else set())
