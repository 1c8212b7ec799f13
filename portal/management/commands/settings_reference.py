"""`manage.py settings_reference`: every setting as a table; `docs/settings.md` is its output."""

from typing import Any

from django.core.management.base import BaseCommand
from pydantic.fields import FieldInfo

from contract.settings import SECRET_NAMES, Settings

INTRODUCTION = """# Settings

Every setting is read from the environment under its name in capitals; an empty value counts as not set. A secret may
stand in a file instead: `KEY_PEPPER_FILE=/run/secrets/pepper`. Without either, `VAR_DIR/secrets/<name>` is read, where
`make setup` puts the embedded installation's own secrets. A value that does not fit ends the process with one line that
names the setting. This page is the output of `manage.py settings_reference`.

| setting | default | what it is |
| --- | --- | --- |
"""


class Command(BaseCommand):
    help = "Print the table of all settings with their defaults, as Markdown."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(reference(), ending="")


def reference() -> str:
    """The page's text."""
    rows = (_row(name, field) for name, field in sorted(Settings.model_fields.items()))
    return INTRODUCTION + "".join(f"{row}\n" for row in rows)


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{name.upper()}` | {_default(name, field)} | {field.description} |"


def _default(name: str, field: FieldInfo) -> str:
    if name in SECRET_NAMES:
        return "required secret"
    text = "" if field.default is None else _text(field.default)
    return f"`{text}`" if text else "empty"


def _text(default: object) -> str:
    """As it would be written in the environment."""
    if isinstance(default, list):
        return ",".join(default)
    return str(default).lower() if isinstance(default, bool) else str(default)
