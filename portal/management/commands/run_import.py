"""`manage.py run_import`: what the worker starts for each import that waits."""

import resource
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from catalog.imports import run
from catalog.models import Import
from portal.import_runner import MOST_BYTES


class Command(BaseCommand):
    help = "Read or apply one import that waits. The worker starts this; there is no need to call it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("import_id")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Within a bounded memory: a hostile document must not take the machine's."""
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, most))
        row = Import.objects.filter(public_id=options["import_id"]).select_related("version__api").first()
        if row is not None:
            run(row)
