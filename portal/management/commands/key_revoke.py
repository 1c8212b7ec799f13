"""`manage.py key_revoke`: revoke a key for good."""

from typing import Any

from django.core.management.base import CommandParser

from audit.actors import command_actor
from keys.models import Status
from keys.writes import revoke_key
from portal.management.operator_command import OperatorCommand, add_json
from portal.management.selecting import credential_given


class Command(OperatorCommand):
    help = "Revoke a key for good, by its id, its stub, or its secret on standard input."
    examples = """
    manage.py key_revoke key_4kTz… --reason "left on a laptop"
    manage.py key_revoke pc_test_8fK2…x9Qa         # as pages and logs show it; ... does for …
    manage.py key_revoke - < leaked-key.txt        # never a secret on the command line
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="its id, its stub, or - to read its secret from standard input")
        parser.add_argument("--reason", default="", help="why, for the audit log")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        credential = credential_given(options["key"])
        was_revoked = credential.status == Status.REVOKED
        revoke_key(credential, actor=command_actor("key_revoke"), reason=options["reason"])
        facts = {"id": credential.public_id, "status": credential.status, "revoked_at": credential.revoked_at}
        words = "was revoked before" if was_revoked else "is revoked"
        self.answer(f"{credential.public_id} ({credential}) {words}.", facts, as_json=options["json"])
        self.warn_if_waiting("credential", credential.public_id)
