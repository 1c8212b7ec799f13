"""Structured logs: one JSON line per event on standard error, request ids bound, secrets taken out."""

import logging
import re
import sys
from typing import Any

import structlog

from contract.key_format import SCANNER_REGEX

#: Keys, tokens of the authorization server, and whatever else is signed as a JWT.
_SECRET = re.compile(
    rf"{SCANNER_REGEX}|pcr_[0-9A-Za-z_-]{{43}}|eyJ[0-9A-Za-z_-]{{10,}}\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+"
)
#: The first two write requests with the tokens in them where they are allowed to write everything. The others tell each
#: step of saving a guide, which our audit log has in one line.
_TALKATIVE = ("oauthlib", "oauth2_provider", "wagtail", "django_tasks")
#: Links of letters, which let in whoever has them: allauth's carry their token in the path.
_LINK = re.compile(r"(/password/reset/key/|/confirm-email/)[^/?\s'\"]+")
_SECRET_NAMES = frozenset({"password", "secret", "token", "key", "authorization", "cookie", "x_api_key", "digest"})


def hide_secrets(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace values under secret names and whatever looks like one of our keys and tokens, or leads to an account."""
    # Django's warnings bring the request along, whose text has the query.
    event.pop("request", None)
    for name, value in event.items():
        if name.lower() in _SECRET_NAMES:
            event[name] = "hidden"
        elif isinstance(value, str):
            event[name] = _LINK.sub(r"\1hidden", _SECRET.sub("pc_hidden", value))
    return event


_SHARED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    hide_secrets,
]


def configure_logs(level: str) -> None:
    """Send structlog's and the standard library's events through one formatter."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(), foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *_SHARED]
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
