"""`manage.py subscribe`: put an application on a plan for an API."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from audit.actors import command_actor
from catalog.models import Api
from plans.models import Plan
from plans.writes import subscribe
from portal.management.operator_command import OperatorCommand, add_json
from portal.management.selecting import application_by_id


class Command(OperatorCommand):
    help = "Put an application on a plan for one API, or change its plan; counters go on."
    examples = """
    manage.py subscribe --application app_4kTz… --plan pro --api clinic
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--application", required=True, metavar="ID")
        parser.add_argument("--plan", required=True, help="the plan's short name, such as pro")
        parser.add_argument("--api", required=True, help="the API's short name, such as clinic")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        application = application_by_id(options["application"])
        plan = Plan.objects.filter(slug=options["plan"]).first()
        api = Api.objects.filter(slug=options["api"]).first()
        if plan is None:
            raise CommandError(f"There is no plan {options['plan']!r}.")
        if api is None:
            raise CommandError(f"There is no API {options['api']!r}.")
        made = subscribe(application, plan, api, actor=command_actor("subscribe"))
        facts = {"id": made.public_id, "application": application.public_id, "plan": plan.slug, "api": api.slug}
        self.answer(f"{application} is on {plan} for {api}.", facts, as_json=options["json"])
        self.warn_if_waiting("subscription", made.record_id)
