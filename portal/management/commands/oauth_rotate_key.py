"""`manage.py oauth_rotate_key`: another key signs access tokens."""

from typing import Any

from django.core.management.base import CommandParser

from audit.actors import command_actor
from contract.settings import settings
from keys.signing_keys import add_signing_key, replace_all_keys
from portal.management.operator_command import OperatorCommand, add_json

_ACTOR = command_actor("oauth_rotate_key")


class Command(OperatorCommand):
    help = (
        "Publish another key for access tokens, which signs an hour from now; the present one stays until the last"
        " token that it signed has expired. This happens by itself every 30 days. With --compromised the new key signs"
        " at once and every other key ends: access tokens that are about are refused, and clients ask for new ones."
    )
    examples = """
    manage.py oauth_rotate_key
    manage.py oauth_rotate_key --compromised --reason "A backup was stolen."
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--compromised", action="store_true", help="end every other key now")
        parser.add_argument("--reason", default="", help="for the audit log")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        act = replace_all_keys if options["compromised"] else add_signing_key
        made = act(actor=_ACTOR, reason=options["reason"])
        self.warn_if_waiting("token-key", made.kid)
        facts = {"kid": made.kid, "signs_from": made.signs_from.isoformat()}
        where = f"{settings().portal_base}/oauth/jwks.json"
        text = f"The key {made.kid} signs from {made.signs_from:%Y-%m-%d %H:%M:%S} UTC on; it is published at {where}."
        self.answer(text, facts, as_json=options["json"])
