"""`manage.py api_set`: an API and its versions from a YAML file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from audit.actors import command_actor
from catalog.files import set_api_from_text
from portal.management.operator_command import OperatorCommand, add_json, read_input


class Command(OperatorCommand):
    help = "Make or change an API and its versions as a YAML file says. All of it is done, or nothing."
    examples = """
The file; what it leaves out stays as it is, so the same file twice changes nothing:

    api: clinic                          # the first part of its addresses: /clinic/v1/...
    title: Rowan Clinic API
    description: Practitioners, patients and appointments.
    owner: Integrations team, Marit Solberg
    unmatched: refuse                    # or shadow: let undocumented paths through and record them
    cors_origins: [https://app.example.com]  # web pages that may call, or ["*"]
    versions:
      v1:
        state: deprecated                # draft, live, deprecated, retired
        document: openapi/clinic-v1.yaml # OpenAPI 3.0 or 3.1, relative to this file
        upstream_url: https://clinic.internal/v1
        test_upstream_url: https://clinic-test.internal/v1
        upstream_headers:                # sealed; values only from the environment
          Authorization: Bearer ${CLINIC_TOKEN}
        deprecated_at: 2026-06-01
        sunset_at: 2027-06-01T12:00:00Z
        successor: v2
      v2:
        state: live
        document: openapi/clinic-v2.yaml
        upstream_url: ${CLINIC_URL}/v2

    manage.py api_set clinic.yaml
    manage.py api_set - < clinic.yaml    # documents are then relative to the present folder
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a YAML file, or - for standard input")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        name = options["file"]
        folder = Path.cwd() if name == "-" else Path(name).parent
        api = set_api_from_text(read_input(name), folder, actor=command_actor("api_set"))
        versions = sorted(api.versions.values_list("name", flat=True))
        facts = {"id": api.public_id, "api": api.slug, "versions": versions}
        self.answer(f"{api.slug} is set: {', '.join(versions) or 'no version yet'}.", facts, as_json=options["json"])
        self.warn_if_waiting("api", api.slug)
