"""`manage.py restrict`: withhold something from someone, or look at what that would do."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.models import Role
from audit.actors import command_actor
from contract.masking.rules import ACTIONS, MaskRule
from contract.records import Requirement, Restriction, Throttle
from contract.requirements import named
from keys.writes import checked_networks
from portal.management.operator_command import OperatorCommand, add_json
from portal.management.selecting import credential_by_name
from restrictions.checks import HOWS, check_restriction
from restrictions.preview import changed_by, groups_of, radius_of
from restrictions.replay import throttled
from restrictions.subjects import names_in_bulk, subjects_of
from restrictions.window_text import read_window
from restrictions.words import sentence
from restrictions.writes import apply_restriction

_IDS = ("organisation", "application", "user", "plan", "api", "version", "operation")
_UNITS = {"m": 60, "h": 3600, "d": 86_400}


class Command(OperatorCommand):
    help = "Withhold something from someone: block, throttle, mask, or require something, until a time or a lift."
    examples = """
    manage.py restrict block --key pc_live_8fK2…x9Qa --reason "reads in the order of ids" --for 4h
    manage.py restrict throttle --application app_4kTz… --calls 5 --per 60 --reason "floods us" --until-lifted
    manage.py restrict mask --plan pln_7xQa… --field '$..insurance_number' --reason "case 41" --for 24h
    manage.py restrict require --scope patients:write --dpop --reason "tokens leak" --until-lifted
    manage.py restrict require --api api_2kVb… --window "mon,tue,wed 08:00-18:00" --timezone Europe/Berlin --preview
    manage.py restrict block --network 203.0.113.0/24 --operation opn_2kVb… --preview

Who: --organisation --application --key --user --plan --network. What: --api --api-version --operation --scope. All
that are named must fit a call, of several networks any one; what is not named is everyone or everything. --preview
shows whom it would have met in 24 hours and how many calls of the last hour would have answered otherwise, and changes
nothing.
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("how", choices=HOWS)
        for name in _IDS:
            # Django's own --version says which Django it is.
            option = "--api-version" if name == "version" else f"--{name}"
            parser.add_argument(option, dest=name, default="", metavar="ID")
        parser.add_argument("--key", default="", metavar="ID", help="its id, or its first and last characters")
        parser.add_argument("--scope", default="", metavar="NAME")
        parser.add_argument("--network", action="append", default=[], metavar="CIDR", help="may be repeated")
        parser.add_argument("--calls", type=int, default=1, help="throttle: how many are let through")
        parser.add_argument("--per", type=int, default=1, metavar="SECONDS", help="throttle: in this period")
        parser.add_argument("--field", action="append", default=[], metavar="JSONPATH", help="mask: may be repeated")
        parser.add_argument("--action", choices=ACTIONS, default="redact", help="mask: what becomes of the values")
        parser.add_argument("--keep", type=int, default=0, help="mask: characters left by partial and truncate")
        parser.add_argument(
            "--require-network", action="append", default=[], metavar="CIDR", help="require: from there"
        )
        parser.add_argument("--dpop", action="store_true", help="require: a token bound to the caller's key")
        parser.add_argument(
            "--role", action="append", default=[], choices=Role.values, help="require: who made the key"
        )
        parser.add_argument("--window", action="append", default=[], metavar="HOURS", help="require: weekly hours")
        parser.add_argument("--timezone", default="UTC", metavar="NAME", help="require: of the windows (UTC)")
        parser.add_argument("--reason", default="", help="why, for the audit log; only staff see it")
        parser.add_argument("--advice", default="", help="public: what the caller may do")
        parser.add_argument("--for", dest="span", default="24h", metavar="SPAN", help="such as 30m, 4h, 7d (24h)")
        parser.add_argument("--until-lifted", action="store_true", help="it does not end by itself")
        parser.add_argument("--everyone", action="store_true", help="confirm one that names nobody and nothing")
        parser.add_argument("--preview", action="store_true", help="look, and change nothing")
        add_json(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        record = _record(options)
        words = sentence(record, names_in_bulk([record]))
        if options["preview"]:
            self._look(record, words, options)
            return
        ends_at = None if options["until_lifted"] else timezone.now() + _span(options["span"])
        made = apply_restriction(
            record,
            actor=command_actor("restrict"),
            reason=options["reason"],
            advice=options["advice"],
            ends_at=ends_at,
            may_be_everyone=options["everyone"],
        )
        facts = {"id": made.public_id, "reference": made.reference, "ends_at": made.ends_at}
        self.answer(f"{made.reference} ({made.public_id}): {words}.", facts, as_json=options["json"])
        self.warn_if_waiting("restriction", made.public_id)

    def _look(self, record: Restriction, words: str, options: dict[str, Any]) -> None:
        check_restriction(record, may_be_everyone=True)
        subjects_of(record)
        now = timezone.now()
        groups = groups_of(record, now)
        radius = radius_of(groups)
        changed = len(throttled(record, now).numbers) if record.throttle else changed_by(record.how, groups)
        facts = {**radius._asdict(), "changed_1h": changed}
        text = (
            f"{words}. In 24 hours it would have met {radius.calls_24h:,} calls of {radius.keys:,} keys, "
            f"{radius.applications:,} applications, {radius.organisations:,} organisations, "
            f"{radius.a_minute:g} calls a minute now; {changed:,} calls of the last hour would have answered otherwise."
        )
        self.answer(text, facts, as_json=options["json"])


def _record(options: dict[str, Any]) -> Restriction:
    key = credential_by_name(options["key"]).public_id if options["key"] else ""
    how, rule = options["how"], MaskRule("", options["action"], options["keep"])
    try:
        networks = tuple(checked_networks(options["network"]))
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    return Restriction(
        id="",
        how=how,
        reference="",
        **{name: options[name] for name in _IDS},
        credential=key,
        scope=options["scope"],
        networks=networks,
        throttle=Throttle(options["calls"], options["per"]) if how == "throttle" else None,
        masks=tuple(MaskRule(path, rule.action, rule.keep) for path in options["field"]),
        requirement=_requirement(options),
    )


def _requirement(options: dict[str, Any]) -> Requirement | None:
    """None where nothing is required, which is refused where it has to be."""
    requirement = Requirement(
        networks=tuple(options["require_network"]),
        dpop=options["dpop"],
        roles=tuple(dict.fromkeys(options["role"])),
        windows=tuple(read_window(text) for text in options["window"]),
        timezone=options["timezone"],
    )
    return requirement if named(requirement) or options["how"] == "require" else None


def _span(text: str) -> timedelta:
    """Raises CommandError."""
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and len(number) < 5 and unit in _UNITS):
        raise CommandError(f"{text!r} is no span of time such as 30m, 4h or 7d.")
    return timedelta(seconds=int(number) * _UNITS[unit])
