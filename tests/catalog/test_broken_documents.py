"""No broken document is imported, whatever is wrong with it: a clear error, and nothing is left behind."""

import os
import time

import pytest
from django.core.exceptions import ValidationError

from audit.models import Event, PublishedRecord
from catalog.models import Operation, Revision, Version
from catalog.writes import import_document
from tests.catalog.broken_documents import TEXT, broken_documents
from tests.factories import ACTOR, make_version

pytestmark = pytest.mark.django_db
#: One in so many by default; all of them prove it.
STEP = 1 if os.environ.get("PROVE") else 6
LONGEST_SECONDS = 60


def state() -> tuple[object, ...]:
    documents = list(Version.objects.values_list("document", flat=True))
    rows = list(Operation.objects.values_list()), list(PublishedRecord.objects.values_list())
    return documents, rows, Event.objects.count(), Revision.objects.count()


def test_it_rejects_every_broken_document_and_leaves_nothing_behind() -> None:
    broken = broken_documents()
    assert len(broken) >= 200
    version = make_version()
    before = state()
    wrong = [name for name, text in broken[::STEP] if not refused(version, text)]
    assert wrong == []
    assert state() == before
    assert not refused(version, TEXT)


def refused(version: Version, text: str | bytes) -> bool:
    """Within a bounded time, with sentences for people."""
    started = time.monotonic()
    try:
        import_document(version, text, actor=ACTOR)
    except ValidationError as error:
        sentences = error.message_dict["document"]
        is_clear = all(10 < len(sentence) < 700 and "Traceback" not in sentence for sentence in sentences)
        return is_clear and 1 <= len(sentences) <= 20 and time.monotonic() - started < LONGEST_SECONDS
    return False
