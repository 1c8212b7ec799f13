"""`manage.py leak_report`: contain the keys that stand in a text."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from audit.actors import command_actor
from keys.leak_tokens import tokens_in
from keys.leaks import Found, handle, receive
from keys.models import LeakReport
from portal.management.operator_command import OperatorCommand, add_json, read_input


class Command(OperatorCommand):
    help = "Find our keys in a text and quarantine or revoke each, as its plan says; their owners are told by mail."
    examples = """
    manage.py leak_report - --url https://paste.example/p/1 < what-was-found.txt
    manage.py leak_report build.log --json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a text with keys in it, or - for standard input")
        parser.add_argument("--url", default="", help="where it was found")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        tokens = tokens_in(read_input(options["file"]).decode(errors="replace"))
        if not tokens:
            raise CommandError("No key of ours is in this text.")
        found = [Found(token, "command", options["url"]) for token in tokens]
        ours = handle(receive(found, actor=command_actor("leak_report")))
        facts = {"found": len(found), "ours": [_facts(report) for report in ours]}
        self.answer(_words(len(found), ours), facts, as_json=options["json"])


def _facts(report: LeakReport) -> dict[str, str]:
    assert report.secret is not None
    return {"id": report.secret.credential.public_id, "stub": str(report.secret), "outcome": report.outcome}


def _words(found: int, ours: list[LeakReport]) -> str:
    lines = [f"{one['id']} {one['stub']}: {one['outcome']}" for one in map(_facts, ours)]
    return "\n".join([*lines, f"{found} found, {len(ours)} of them ours."])
