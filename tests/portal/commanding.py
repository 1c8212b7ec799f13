"""Running management commands as `manage.py` does, in this process: arguments, standard streams, exit status."""

import io
import sys
from contextlib import redirect_stderr
from typing import NamedTuple

import pytest
from django.apps import apps
from django.core.management import load_command_class
from django.core.management.base import CommandError, OutputWrapper

from audit.models import PublishedRecord

OUR_PACKAGES = ("restrictions", "accounts", "audit", "catalog", "plans", "keys", "analytics", "otp_totp", "account")


class Run(NamedTuple):
    """What a command left: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


def run(*argv: str, stdin: bytes = b"") -> Run:
    """Run `manage.py argv`. What is no CommandError comes through: it would be a traceback."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    command = load_command_class("portal", argv[0])
    command.stdout, command.stderr = OutputWrapper(out), OutputWrapper(err)
    command._called_from_command_line = True
    with pytest.MonkeyPatch.context() as monkeypatch, redirect_stderr(err):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            options = vars(command.create_parser("manage.py", argv[0]).parse_args(argv[1:]))
            command.execute(*options.pop("args", ()), **options)
        except CommandError as error:
            err.write(f"CommandError: {error}\n")
            status = error.returncode
        except SystemExit as error:
            status = int(error.code or 0)
    return Run(status, out.getvalue(), err.getvalue())


def database_state() -> tuple[object, ...]:
    """What no refused command may change: rows of every table of ours, and every record's version."""
    models = [model for label in OUR_PACKAGES for model in apps.get_app_config(label).get_models()]
    counts = tuple((model.__name__, model._default_manager.count()) for model in models)
    return counts, tuple(PublishedRecord.objects.order_by("id").values_list("kind", "record_id", "version"))
