"""`manage.py staff_create`: a member of staff with an authenticator."""

import getpass
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.staff import create_staff
from audit.actors import command_actor
from contract.settings import settings
from portal.management.operator_command import OperatorCommand, add_json, read_secret


class Command(OperatorCommand):
    help = (
        "Make a member of staff with every permission, or with those of a group, "
        "and an authenticator whose address is printed once."
    )
    examples = """
    manage.py staff_create --email marit@example.com           # asks for the password
    manage.py staff_create --email marit@example.com < password.txt
    manage.py staff_create --email wren@example.com --group Editors   # writes guides

Put the printed otpauth address into an authenticator app (qrencode -t ansi draws it); staff pages ask for its code.
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--group", default="", help="Editors write guides, Moderators publish them as well")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        made = create_staff(
            options["email"],
            _password(),
            issuer=settings().brand,
            actor=command_actor("staff_create"),
            group=options["group"],
        )
        facts = {"id": made.user.public_id, "email": made.user.email, "otpauth_url": made.otpauth_url}
        self.answer(made.otpauth_url, facts, as_json=options["json"])
        self.stderr.write(f"{made.user.email} may sign in at {settings().portal_base}/login/ with a code of that.")


def _password() -> str:
    if not sys.stdin.isatty():
        return read_secret("password")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise CommandError("password: the two differ")
    return password
