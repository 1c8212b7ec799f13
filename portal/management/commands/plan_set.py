"""`manage.py plan_set`: a plan with its limits and masks from a YAML file."""

from typing import Any

from django.core.management.base import CommandParser

from audit.actors import command_actor
from plans.files import set_plan_from_text
from portal.management.operator_command import OperatorCommand, add_json, read_input


class Command(OperatorCommand):
    help = "Make or change a plan with its limits and masks as a YAML file says. All of it is done, or nothing."
    examples = """
The file; what it leaves out stays as it is, limits and masks are replaced whole:

    plan: free
    name: Free
    description: To try it out.
    terms: |                             # CommonMark; may be left out
      Do not store what you do not show.
    price_cents: 0                       # a month
    currency: EUR
    position: 1                          # plans are compared in this order
    default: true                        # given at sign-up
    public: true
    versions: [clinic/v1, clinic/v2]
    scopes: [practitioners:read, patients:read]
    limits:
      - {name: second, kind: rate, amount: 10, period_seconds: 1, burst: 20}
      - {name: month, kind: quota, amount: 10000, window: month, anchored: true}
      - {name: at-once, kind: concurrency, amount: 5}
    masks:                               # everywhere, in an api, a version, or one operation of a version
      - {path: $..email, action: redact, parameters: [email]}  # a parameter that would tell it is refused
      - {path: $.phone, action: partial, keep: 3, api: clinic}
      - {path: "$.data[*].birth_date", action: generalise, precision: year, version: clinic/v1}
      - {path: $.notes, action: remove, required: true, version: clinic/v1, operation: readPatient}
      - {path: $.balance, action: hash, version: clinic/v1, operation: "GET /patients/{patient_id}"}

    manage.py plan_set free.yaml
    manage.py plan_set - < free.yaml
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a YAML file, or - for standard input")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        plan = set_plan_from_text(read_input(options["file"]), actor=command_actor("plan_set"))
        limits, masks = plan.limits.count(), plan.masks.count()
        facts = {"id": plan.public_id, "plan": plan.slug, "limits": limits, "masks": masks}
        self.answer(f"{plan.slug} is set: {limits} limits, {masks} masks.", facts, as_json=options["json"])
        self.warn_if_waiting("plan", plan.public_id)
