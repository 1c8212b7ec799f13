"""Migrations with progress for people, and a clear word where the database is not one of this code's past states."""

import re
import sys

from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.executor import MigrationExecutor

_APPLYING = re.compile(r"Applying \S+")
_STEPS_SHOWN = 8


class UnknownMigrations(Exception):
    """The database has migrations that the code has not: a newer version's, or one before they were squashed."""


def migrate() -> None:
    """Apply what is missing. Raises UnknownMigrations and django.db.Error."""
    waiting = count_waiting()
    if waiting:
        print(f"==> Preparing the database: {waiting} steps", flush=True)
        call_command("migrate", interactive=False, verbosity=1, stdout=Progress(waiting))


def count_waiting() -> int:
    """How many migrations are missing. Raises UnknownMigrations and django.db.Error."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    labels = {config.label for config in apps.get_app_configs()}
    applied = {key for key in loader.applied_migrations if key[0] in labels}
    if unknown := applied - set(loader.disk_migrations) - set(loader.replacements):
        raise UnknownMigrations(".".join(min(unknown)))
    try:
        loader.check_consistent_history(connection)
    except InconsistentMigrationHistory as error:
        raise DatabaseError(str(error)) from None
    return len(executor.migration_plan(loader.graph.leaf_nodes()))


class Progress:
    """A stream that turns the migrations' chatter into a few lines."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def write(self, text: str) -> None:
        """Count the migrations in it; speak at every eighth of the whole."""
        for _ in _APPLYING.findall(text):
            self._done += 1
            if self._done * _STEPS_SHOWN % self._total < _STEPS_SHOWN:
                sys.stdout.write(f"    {self._done} of {self._total}\n")
                sys.stdout.flush()

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """No colours."""
        return False
