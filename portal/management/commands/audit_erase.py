"""`manage.py audit_erase`: forget what the audit log and the letters say about a person."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.erasure import forget_person
from audit.actors import command_actor
from portal.management.operator_command import OperatorCommand, add_json


class Command(OperatorCommand):
    help = (
        "Erase a person's name, addresses and whatever mentions them from the audit log, and the letters to them. What"
        " was done stays, and verify_audit still finds the chain whole. It cannot be undone."
    )
    examples = """
    manage.py audit_erase usr_4kTz… --reason "asked to be forgotten, ticket 4711"
    manage.py audit_erase usr_4kTz… --address old@example.com     # an address that the account has no more
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", help="the person's id; the account may be gone already")
        parser.add_argument("--address", action="append", default=[], metavar="EMAIL", help="may be repeated")
        parser.add_argument("--reason", default="", help="why; it should not name the person")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        person, addresses = options["person"], options["address"]
        if not person.startswith("usr_"):
            raise CommandError(f"{person[:80]!r} is not a person's id, such as usr_4kTz…")
        if wrong := [address for address in addresses if "@" not in address]:
            raise CommandError(f"{wrong[0][:80]!r} is not an e-mail address.")
        texts = forget_person(person, addresses, actor=command_actor("audit_erase"), reason=options["reason"])
        self.answer(f"{texts} texts are erased.", {"person": person, "texts": texts}, as_json=options["json"])
