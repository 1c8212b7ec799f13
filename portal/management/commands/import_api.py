"""`manage.py import_api`: an OpenAPI document into a version, made where it is missing."""

from email.utils import parseaddr
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.core.validators import validate_email

from audit.actors import Actor, command_actor
from audit.writing import write
from catalog.documents import elements, members
from catalog.imports import import_with_proposals, latest_revision
from catalog.models import Api, Version
from catalog.reading_documents import ReadDocument, read_for_import
from catalog.scopes import Key
from catalog.writes import set_api, set_version
from portal.management.operator_command import OperatorCommand, add_json, read_input


class Command(OperatorCommand):
    help = "Import an OpenAPI document into a version of an API; both are made where they are missing, as a draft."
    examples = """
    manage.py import_api openapi.yaml --api clinic --version v2 --owner "Integrations <marit@clinic.example>"
    manage.py import_api openapi.yaml --api clinic --version v3 --upstream https://clinic.internal/v3
    manage.py import_api - --api clinic --version v2 < openapi.json

Scopes come from the document's `security`; where it says nothing, they are proposed for each resource and kind of
method, such as patients:read, and printed. The whole document is imported, or nothing of it.
"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """`--version` names a version here, not Django's."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="OpenAPI 3.0, 3.1 or 3.2 in JSON or YAML, or - for standard input")
        parser.add_argument("--api", required=True, metavar="SLUG")
        parser.add_argument("--version", dest="name", required=True, metavar="NAME")
        parser.add_argument("--owner", default="", metavar="EMAIL", help="who answers for it, perhaps Team <address>")
        parser.add_argument("--upstream", default="", metavar="URL", help="where live calls go; else the first server")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        read = read_for_import(read_input(options["file"]))
        version, scopes, is_same = _import(read, options, actor=command_actor("import_api"))
        count = version.operations.count()
        facts = {"id": version.public_id, "operations": count, "proposed_scopes": sorted(set(scopes.values()))}
        same = " It is the document that the version had." if is_same else ""
        proposed = f" Proposed scopes: {', '.join(facts['proposed_scopes'])}." if scopes else ""
        self.answer(
            f"{version}: {count} operations.{same}{proposed}", {**facts, "is_same": is_same}, as_json=options["json"]
        )
        self.warn_if_waiting("version", version.public_id)


@write
def _import(read: ReadDocument, options: dict[str, Any], *, actor: Actor) -> tuple[Version, dict[Key, str], bool]:
    """The version, the scopes proposed, and whether it had this very document."""
    owner = {"owner": _owner(options["owner"])} if options["owner"] else {}
    found = Api.objects.filter(slug=options["api"]).first()
    title = {} if found else {"title": str(members(read.document, "info").get("title", options["api"]))[:120]}
    api = set_api(options["api"], actor=actor, **title, **owner)
    if not api.owner:
        raise ValidationError({"owner": "Somebody answers for an API: give --owner."})
    known = Version.objects.filter(api=api, name=options["name"]).exists()
    upstream = options["upstream"] or ("" if known else _first_server(read))
    version = set_version(api, options["name"], actor=actor, **({"upstream_url": upstream} if upstream else {}))
    before = latest_revision(version)
    scopes = import_with_proposals(version, read, actor=actor)
    return version, scopes, before is not None and before == latest_revision(version)


def _owner(text: str) -> str:
    """Team and person of `Team <address>`; an address alone is the person."""
    team, address = parseaddr(text)
    validate_email(address)
    return f"{team}, {address}" if team else address


def _first_server(read: ReadDocument) -> str:
    for server in elements(read.document, "servers")[:1]:
        url = str(server.get("url", "")) if isinstance(server, dict) else ""
        if url.startswith(("http://", "https://")) and "{" not in url:
            return url.rstrip("/")
    raise ValidationError({"upstream": "The document names no server where calls could go: give --upstream."})
