"""What is due by itself: guides that go live, and guides that expire."""

from django.core.management import call_command
from django.db import transaction

from guides.events import SYSTEM, acting


def publish_due() -> None:
    """Wagtail's own command, with its audit events in one transaction; what was done already it does not do again."""
    with acting(SYSTEM), transaction.atomic():
        call_command("publish_scheduled")
