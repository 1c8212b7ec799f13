"""`manage.py republish`: write all published records anew."""

from typing import Any

from django.core.management.base import CommandParser

from audit.publishing import republish
from portal.management.operator_command import OperatorCommand, add_json


class Command(OperatorCommand):
    help = (
        "Write every published record to Valkey anew and mark the data set complete. The worker does this by itself"
        " after Valkey was restarted; it is safe at any time."
    )
    examples = """
    manage.py republish
"""

    def add_arguments(self, parser: CommandParser) -> None:
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        records = republish()
        self.answer(f"{records} records are published.", {"records": records}, as_json=options["json"])
