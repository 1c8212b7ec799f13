"""`manage.py verify_audit`: whether the audit chain is whole."""

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from audit.verifying import Broken, Whole, verify
from portal.management.operator_command import OperatorCommand, add_json


class Command(OperatorCommand):
    help = (
        "Read every audit event and its link in the chain. Exits 0 where all is whole; otherwise 1, naming the first"
        " row that was altered, removed, reordered or cut off. Needs AUDIT_KEY and the anchor's file; safe at any time."
    )
    examples = """
    manage.py verify_audit
    manage.py verify_audit --json | jq -r .finding
"""

    def add_arguments(self, parser: CommandParser) -> None:
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            whole = verify()
        except Broken as broken:
            self._refuse(broken, as_json=options["json"])
        except OSError as error:
            raise CommandError(f"The anchor cannot be read: {error.strerror}") from error
        else:
            self.answer(_sentence(whole), _facts(whole), as_json=options["json"])

    def _refuse(self, broken: Broken, *, as_json: bool) -> None:
        if not as_json:
            raise CommandError(str(broken))
        facts = {"whole": False, "kind": broken.kind, "seq": broken.seq, "event": broken.event, "finding": str(broken)}
        self.answer("", facts, as_json=True)
        sys.exit(1)


def _sentence(whole: Whole) -> str:
    waiting = f" {whole.waiting} wait to be chained." if whole.waiting else ""
    return f"Whole: {whole.head.seq} events are chained, the last is {whole.event or 'none'}.{waiting}"


def _facts(whole: Whole) -> dict[str, Any]:
    head = {"links": whole.head.seq, "head": whole.head.mac, "event": whole.event}
    return {"whole": True, **head, "waiting": whole.waiting}
