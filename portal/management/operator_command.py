"""The frame of commands for operators and scripts: help with worked examples, errors in one line."""

import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

import msgspec
import redis
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import DatabaseError

from audit.publishing import is_published

MOST_INPUT_BYTES = 16 * 1024 * 1024


class _Formatter(RawDescriptionHelpFormatter, DjangoHelpFormatter):
    """Examples stay as they are written."""


class OperatorCommand(BaseCommand):
    """A command whose every failure is one line on standard error and an exit status that is not 0."""

    examples = ""
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """`--help` ends with the examples."""
        return super().create_parser(
            prog_name, subcommand, formatter_class=_Formatter, epilog=self.examples.strip("\n"), **kwargs
        )

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Turns what went wrong into a CommandError; nothing is half done, because writes are transactions."""
        try:
            return super().execute(*args, **options)
        except ValidationError as error:
            raise CommandError(one_line(error)) from error
        except redis.RedisError as error:
            raise CommandError(f"Valkey cannot be used: {_first_line(error)}") from error
        except DatabaseError as error:
            raise CommandError(f"The database cannot be used: {_first_line(error)}") from error

    def answer(self, text: str, facts: dict[str, Any], *, as_json: bool) -> None:
        """Standard output: `text`, or `facts` as one line of JSON."""
        self.stdout.write(msgspec.json.encode(facts).decode() if as_json else text)

    def warn_if_waiting(self, kind: str, record_id: str) -> None:
        """Say so where the gateways do not know yet."""
        if not is_published(kind, record_id):
            self.stderr.write("Saved, but Valkey cannot be reached: the worker publishes it once it can.")


def add_json(parser: CommandParser) -> None:
    """The option of commands that scripts read."""
    parser.add_argument("--json", action="store_true", help="answer with one line of JSON")


def one_line(error: ValidationError) -> str:
    """`field: sentence; field: sentence`, without line breaks."""
    if hasattr(error, "error_dict"):
        parts = [
            message if field == "__all__" else f"{field}: {message}"
            for field, messages in error.message_dict.items()
            for message in messages
        ]
    else:
        parts = error.messages
    return " ".join("; ".join(parts).split())


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def read_input(name: str) -> bytes:
    """A file's bytes, or standard input's for `-`. Raises CommandError."""
    try:
        content = sys.stdin.buffer.read(MOST_INPUT_BYTES + 1) if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from None
    if len(content) > MOST_INPUT_BYTES:
        raise CommandError(f"{name}: larger than {MOST_INPUT_BYTES // 1024 // 1024} MiB")
    return content


def read_secret(prompt_name: str) -> str:
    """The first line of standard input, for what must not stand on the command line. Raises CommandError."""
    try:
        line = sys.stdin.buffer.readline(4096).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CommandError(f"{prompt_name}: standard input is not UTF-8") from None
    if not line:
        raise CommandError(f"{prompt_name}: nothing on standard input")
    return line
