"""What makes a requirement valid; every way in (form, command) passes here."""

from functools import cache
from ipaddress import ip_network
from zoneinfo import available_timezones

import msgspec
from django.core.exceptions import ValidationError

from accounts.models import Role
from contract.records import Requirement, Restriction, Window
from contract.requirements import named

MOST_NETWORKS = 100
MOST_WINDOWS = 20
MINUTES_A_DAY = 24 * 60


def check_requirement(record: Restriction) -> None:
    """Raises ValidationError by field, which are called as in the addresses of the admin."""
    requirement = record.requirement
    if (requirement is not None) != (record.how == "require"):
        raise ValidationError({"requirement": "To require takes what is required; nothing else takes it."})
    if requirement is None:
        return
    _check_types(requirement)
    if not named(requirement):
        raise ValidationError({"requirement": "Say what is required: networks, a bound token, a role or hours."})
    _check_networks(requirement.networks)
    _check_roles(requirement.roles)
    _check_windows(requirement)


def _check_types(requirement: Requirement) -> None:
    try:
        msgspec.convert(msgspec.to_builtins(requirement), Requirement)
    except (msgspec.ValidationError, TypeError) as error:
        raise ValidationError({"requirement": f"It cannot be read: {error}"}) from None


def _check_networks(networks: tuple[str, ...]) -> None:
    if len(networks) > MOST_NETWORKS:
        raise ValidationError({"require_network": f"A condition names at most {MOST_NETWORKS} networks."})
    for text in networks:
        try:
            ip_network(text)
        except ValueError:
            raise ValidationError({"require_network": f"{text!r} is not a network such as 203.0.113.0/24."}) from None


def _check_roles(roles: tuple[str, ...]) -> None:
    for role in roles:
        if role not in Role.values:
            raise ValidationError({"role": f"{role!r} is none of the roles {', '.join(Role.values)}."})


def _check_windows(requirement: Requirement) -> None:
    if len(requirement.windows) > MOST_WINDOWS:
        raise ValidationError({"window": f"A condition names at most {MOST_WINDOWS} windows."})
    for window in requirement.windows:
        _check_window(window)
    if requirement.timezone not in known_timezones():
        raise ValidationError({"timezone": f"There is no time zone {requirement.timezone!r}, as Europe/Berlin is one."})


def _check_window(window: Window) -> None:
    days = window.weekdays
    if not days or len(set(days)) < len(days) or not all(0 <= day <= 6 for day in days):
        raise ValidationError({"window": "A window names one weekday or more, each once."})
    if not 0 <= window.starts_minute < window.ends_minute <= MINUTES_A_DAY:
        raise ValidationError({"window": "A window ends after it begins, on the same day, at 24:00 at the latest."})


@cache
def known_timezones() -> frozenset[str]:
    """All names that may be given; reading them takes a moment, once."""
    return frozenset(available_timezones())
