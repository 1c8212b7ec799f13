"""`manage.py key_suspend`: refuse the calls of a key until it is resumed."""

from typing import Any

from django.core.management.base import CommandParser

from audit.actors import command_actor
from keys.models import Side
from keys.suspension import suspend_key
from portal.management.operator_command import OperatorCommand, add_json
from portal.management.selecting import credential_given


class Command(OperatorCommand):
    help = "Refuse the calls of a key until staff resume it; its own team cannot. Nothing of it is lost."
    examples = """
    manage.py key_suspend key_4kTz… --reason "odd calls at night"
"""
    name = "key_suspend"
    act = staticmethod(suspend_key)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="its id, its stub, or - to read its secret from standard input")
        parser.add_argument("--reason", default="", help="why, for the audit log")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        credential = credential_given(options["key"])
        self.act(credential, Side.STAFF, actor=command_actor(self.name), reason=options["reason"])
        facts = {"id": credential.public_id, "status": credential.status}
        self.answer(f"{credential.public_id} ({credential}) is {credential.status}.", facts, as_json=options["json"])
        self.warn_if_waiting("credential", credential.public_id)
