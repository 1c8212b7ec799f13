"""Rows that stay: the database itself refuses to change or delete events and links.

Laid anew after every `migrate`, because SQLite loses a table's triggers where a migration makes the table again. They
stop mistakes and ordinary accounts; whoever may drop triggers is found by the chain.
"""

from typing import Any

from django.db import connections

TABLES = ("audit_event", "audit_chainlink")

_POSTGRES = """
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER IF EXISTS {table}_stays ON {table};
CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse();
DROP TRIGGER IF EXISTS {table}_remains ON {table};
CREATE TRIGGER {table}_remains BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
#: `INSERT OR REPLACE` deletes without asking delete triggers, so a number that is taken is refused beforehand.
_SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS {table}_unchanged BEFORE UPDATE ON {table}"
    " BEGIN SELECT RAISE(ABORT, 'rows of {table} stay as they are'); END",
    "CREATE TRIGGER IF NOT EXISTS {table}_kept BEFORE DELETE ON {table}"
    " BEGIN SELECT RAISE(ABORT, 'rows of {table} stay as they are'); END",
    "CREATE TRIGGER IF NOT EXISTS {table}_not_replaced BEFORE INSERT ON {table}"
    " WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
    " BEGIN SELECT RAISE(ABORT, 'rows of {table} stay as they are'); END",
)
_KEYS = {"audit_event": "id", "audit_chainlink": "seq"}


def lay_triggers(using: str = "default", **_signal: Any) -> None:
    """After `migrate`; as often as wanted."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in (table for table in TABLES if table in present):
            for statement in _statements(connection.vendor):
                cursor.execute(statement.format(table=table, key=_KEYS[table]))


def _statements(vendor: str) -> tuple[str, ...]:
    return (_POSTGRES,) if vendor == "postgresql" else _SQLITE
