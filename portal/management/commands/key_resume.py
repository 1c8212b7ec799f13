"""`manage.py key_resume`: let a suspended key go on."""

from typing import Any

from django.core.management.base import CommandParser

from audit.actors import command_actor
from keys.models import Side
from keys.suspension import resume_key
from portal.management.operator_command import OperatorCommand, add_json
from portal.management.selecting import credential_given


class Command(OperatorCommand):
    help = "Let a suspended key go on, whoever suspended it."
    examples = """
    manage.py key_resume key_4kTz… --reason "it was a load test"
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="its id, its stub, or - to read its secret from standard input")
        parser.add_argument("--reason", default="", help="why, for the audit log")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        credential = credential_given(options["key"])
        resume_key(credential, Side.STAFF, actor=command_actor("key_resume"), reason=options["reason"])
        facts = {"id": credential.public_id, "status": credential.status}
        self.answer(f"{credential.public_id} ({credential}) is active.", facts, as_json=options["json"])
        self.warn_if_waiting("credential", credential.public_id)
