"""`manage.py export_calls`: the call log as NDJSON on standard output."""

import os
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from analytics.export import ndjson_lines
from analytics.filters import OUTCOMES, parse_filters
from portal.management.operator_command import OperatorCommand
from portal.management.selecting import application_by_id, credential_by_name


class Command(OperatorCommand):
    help = "Write the call log to standard output, one JSON object a line (NDJSON), the oldest call first."
    examples = """
    manage.py export_calls --since 2027-01-01 --until 2027-02-01 > january.ndjson
    manage.py export_calls --application app_4kTz… --status 5xx
    manage.py export_calls --key key_8fK2… | jq -r '[.time, .status, .path] | @tsv'

Each line has request_id, time (UTC), organisation, application, credential, environment, gateway, method, path, api,
version, operation, plan, subscription, address, outcome, status, problem, upstream_status, duration_us, upstream_us,
bytes_in, bytes_out, masked, cost, is_shadow and more; names are never taken away.
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", default="", metavar="TIME", help="ISO 8601; this moment is included")
        parser.add_argument("--until", default="", metavar="TIME", help="ISO 8601; this moment is not")
        parser.add_argument("--application", default="", metavar="ID")
        parser.add_argument("--key", default="", metavar="ID")
        parser.add_argument("--status", default="", help="such as 404 or 5xx")
        parser.add_argument("--outcome", default="", help=f"one of {', '.join(OUTCOMES)}")
        parser.add_argument("--format", choices=["ndjson"], default="ndjson")

    def handle(self, *_args: Any, **options: Any) -> None:
        query = {name: options[name] for name in ("since", "until", "status", "outcome")}
        if options["key"]:
            query["key"] = credential_by_name(options["key"]).public_id
        applications = [application_by_id(options["application"]).public_id] if options["application"] else None
        filters = parse_filters(query, timezone.now())
        try:
            for line in ndjson_lines(applications, filters):
                self.stdout.write(line.decode(), ending="")
            self.stdout.flush()
        except BrokenPipeError:
            # The reader (`| head`) has enough. Python would complain once more when it closes standard output.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            raise CommandError(f"The export stopped: {error.strerror}") from error
