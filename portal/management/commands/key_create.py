"""`manage.py key_create`: a key for an application, its secret on standard output, once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import Application, User
from audit.actors import command_actor
from keys.debugging import set_debug
from keys.models import Credential
from keys.writes import NewKey, create_key
from plans.coverage import scopes_within_plans
from portal.management.operator_command import OperatorCommand, add_json
from portal.management.selecting import application_by_id, application_of, person_by_email
from portal.management.spans import days


class Command(OperatorCommand):
    help = "Make a key and print its secret, which is shown this once and kept nowhere."
    examples = """
    manage.py key_create --email dev@example.com --name "Nightly import" --environment test
    manage.py key_create --application app_4kTz… --name Server --environment live \\
        --scope patients:read --scope appointments:read --network 203.0.113.0/24 --expires-days 30
    KEY=$(manage.py key_create --application app_4kTz… --name CI --environment test)
"""

    def add_arguments(self, parser: CommandParser) -> None:
        owner = parser.add_mutually_exclusive_group(required=True)
        owner.add_argument("--application", metavar="ID", help="the application's id")
        owner.add_argument("--email", help="a person who has exactly one application")
        parser.add_argument("--name", required=True, help="what the key is for")
        parser.add_argument("--environment", required=True, choices=["test", "live"])
        parser.add_argument(
            "--scope", action="append", default=[], help="may be repeated; default: all that end in :read"
        )
        parser.add_argument("--network", action="append", default=[], metavar="CIDR", help="may be repeated")
        parser.add_argument("--expires-days", type=days, default=90, metavar="DAYS", help="default 90")
        parser.add_argument("--debug", action="store_true", help="its calls may ask where their time went")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        person = person_by_email(options["email"]) if options["email"] else None
        application = application_of(person) if person else application_by_id(options["application"])
        made = _create(application, person, options)
        if options["debug"]:
            set_debug(made.credential, is_debug=True, actor=command_actor("key_create"))
        self.answer(made.secret, _facts(made), as_json=options["json"])
        credential = made.credential
        self.stderr.write(f"{credential.public_id} of {application}, until {credential.expires_at:%Y-%m-%d %H:%M} UTC.")
        self.warn_if_waiting("credential", credential.public_id)


def _create(application: Application, person: User | None, options: dict[str, Any]) -> NewKey:
    readable = [scope for scope in scopes_within_plans(application) if scope.endswith(":read")]
    return create_key(
        application,
        options["name"],
        actor=command_actor("key_create"),
        environment=options["environment"],
        scopes=options["scope"] or readable,
        networks=options["network"],
        expires_at=timezone.now() + timedelta(days=options["expires_days"]),
        created_by=person,
    )


def _facts(made: NewKey) -> dict[str, Any]:
    credential: Credential = made.credential
    return {
        "id": credential.public_id,
        "secret": made.secret,
        "application": credential.application.public_id,
        "environment": credential.environment,
        "scopes": credential.scopes,
        "networks": credential.networks,
        "expires_at": credential.expires_at,
    }
