"""`manage.py restriction_lift`: give back what a restriction withholds."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q

from audit.actors import command_actor
from portal.management.operator_command import OperatorCommand, add_json
from restrictions.models import Restriction
from restrictions.writes import lift_restriction


class Command(OperatorCommand):
    help = "Lift a restriction, by its reference or its id. What is lifted or over stays as it is."
    examples = """
    manage.py restriction_lift R-7K2M9Q --reason "owner has mended the job"
    manage.py restriction_lift rst_4kTz… --reason "case 41 is closed"
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("restriction", help="its reference, as refused calls name it, or its id")
        parser.add_argument("--reason", default="", help="why, for the audit log")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        name = options["restriction"]
        found = Restriction.objects.filter(Q(reference=name.upper()) | Q(public_id=name)).first()
        if found is None:
            raise CommandError(f"There is no restriction {name!r}; name it as R-7K2M9Q or as rst_4kTz….")
        before = found.state
        if before in ("active", "scheduled"):
            lift_restriction(found, actor=command_actor("restriction_lift"), reason=options["reason"])
        words = "is lifted" if before in ("active", "scheduled") else f"was {before} before"
        facts = {"id": found.public_id, "reference": found.reference, "state": found.state}
        self.answer(f"{found.reference} ({found.public_id}) {words}.", facts, as_json=options["json"])
        self.warn_if_waiting("restriction", found.public_id)
