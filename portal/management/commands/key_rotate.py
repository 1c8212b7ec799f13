"""`manage.py key_rotate`: give a key another secret, or end or cancel a rotation."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from audit.actors import command_actor
from keys.models import Credential
from keys.rotation import OVERLAPS, cancel_rotation, end_overlap, start_rotation
from portal.management.operator_command import OperatorCommand, add_json
from portal.management.selecting import credential_given
from portal.management.spans import days

_ACTOR = command_actor("key_rotate")


class Command(OperatorCommand):
    help = "Give a key another secret and print it, this once; the old one works beside it for a while."
    examples = """
    manage.py key_rotate key_4kTz… --overlap 24h
    manage.py key_rotate pc_live_8fK2…x9Qa --overlap 0 --expires-days 90
    manage.py key_rotate key_4kTz… --end           # the old secret ends now
    manage.py key_rotate key_4kTz… --cancel        # the new secret dies, the old one goes on
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="its id, its stub, or - to read its secret from standard input")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--overlap", choices=list(OVERLAPS), help="how long the old secret still works; default 24h")
        what.add_argument("--end", action="store_true", help="end the old secret now")
        what.add_argument("--cancel", action="store_true", help="end the new secret; the old one goes on")
        parser.add_argument("--expires-days", type=days, metavar="DAYS", help="renew the key; default: as before")
        parser.add_argument("--reason", default="", help="why, for the audit log")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        credential = credential_given(options["key"])
        if options["end"] or options["cancel"]:
            self._finish(credential, options)
        else:
            self._start(credential, options)
        self.warn_if_waiting("credential", credential.public_id)

    def _start(self, credential: Credential, options: dict[str, Any]) -> None:
        overlap = OVERLAPS[options["overlap"] or "24h"]
        anew = options["expires_days"]
        expires_at = timezone.now() + timedelta(days=anew) if anew else None
        made = start_rotation(
            credential, actor=_ACTOR, overlap=overlap, expires_at=expires_at, reason=options["reason"]
        )
        facts = {"id": credential.public_id, "secret": made.secret, "expires_at": credential.expires_at}
        self.answer(made.secret, facts, as_json=options["json"])
        self.stderr.write(f"{credential.public_id} ({credential}), until {credential.expires_at:%Y-%m-%d %H:%M} UTC.")

    def _finish(self, credential: Credential, options: dict[str, Any]) -> None:
        step = end_overlap if options["end"] else cancel_rotation
        secret = step(credential, actor=_ACTOR)
        words = f"the old secret {secret} is ended" if options["end"] else f"{secret} goes on, the new secret is ended"
        facts = {"id": credential.public_id, "stub": str(secret), "state": secret.state}
        self.answer(f"{credential.public_id} ({credential}): {words}.", facts, as_json=options["json"])
