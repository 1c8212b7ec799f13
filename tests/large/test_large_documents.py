"""Public documents, large and awkward: imported by the worker's command, every page drawn, an edited copy compared.

The documents come as npm packages (tests.large.packages); the product itself fetches nothing for this.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.imports import approve, begin
from catalog.models import Import, Operation, Progress, Version
from catalog.writes import set_api, set_version
from plans.writes import set_masks, set_plan
from tests.factories import ACTOR
from tests.ground.environment import REPOSITORY
from tests.large.edits import edited
from tests.large.packages import LARGE, Large, text_of

pytestmark = [pytest.mark.prove, pytest.mark.sqlite_only, pytest.mark.django_db(transaction=True)]
MOST_SECONDS = 60
MOST_BYTES = 1 << 30
MOST_PAGE_BYTES = 600_000
MOST_SENT_BYTES = 60_000
MOST_QUERIES = 12
MASKS: list[dict[str, Any]] = [
    {"path": "$..email", "action": "remove"},
    {"path": "$..id", "action": "hash"},
    {"path": "$..metadata.name", "action": "redact"},
]
Note = Callable[[str, object], None]


@pytest.fixture
def client(settings: Any) -> Client:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.WHITENOISE_AUTOREFRESH = True
    return Client()


def live_version(name: str) -> Version:
    api = set_api(name, actor=ACTOR, title=name.title(), owner="Documents, ada@library.example")
    return set_version(api, "v1", actor=ACTOR, state="live", upstream_url="http://127.0.0.1:9")


def worked(row: Import, note: Note, what: str) -> set[str]:
    """Let the worker's command do what the row waits for, within the bounds; answers the steps that were shown."""
    process = subprocess.Popen([sys.executable, "manage.py", "run_import", row.public_id], cwd=REPOSITORY)
    steps, started = set[str](), time.monotonic()
    while process.poll() is None:
        steps.add(Import.objects.values_list("step", flat=True).get(pk=row.pk))
        time.sleep(0.1)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    note(f"{what} seconds", round(time.monotonic() - started, 1))
    note(f"{what} most MB", used.ru_maxrss >> 10)
    row.refresh_from_db()
    assert time.monotonic() - started <= MOST_SECONDS
    assert used.ru_maxrss << 10 <= MOST_BYTES
    return steps - {""}


def imported(version: Version, text: bytes, note: Note, what: str) -> Import:
    row = begin(version, text, source=f"{what}.json", actor=ACTOR)
    steps = worked(row, note, f"{what}: reading")
    assert (row.progress, row.problems) == (Progress.READY, [])
    approve(row, [scope for _, _, scope, _ in row.proposals], actor=ACTOR)
    steps |= worked(row, note, f"{what}: applying")
    assert row.progress == Progress.APPLIED
    assert len(steps) >= 3
    return row


def fetched(client: Client, address: str) -> bytes:
    response = client.get(address)
    assert response.status_code == 200, address
    return bytes(response.content)


def pages(version: Version) -> Iterator[str]:
    for anchor in Operation.objects.filter(version=version).values_list("anchor", flat=True):
        yield f"/docs/{version.api.slug}/v1/{anchor}/"


def assert_every_page_is_drawn(client: Client, version: Version, note: Note) -> str:
    """Answers the longest one's address."""
    sizes, started = {}, time.process_time()
    for address in pages(version):
        page = fetched(client, address)
        # A property may be called `$ref`; where one leads is never shown.
        assert b"#/components/" not in page.partition(b"<main")[2], address
        sizes[address] = len(page)
    longest = max(sizes, key=lambda address: sizes[address])
    note("pages", len(sizes))
    note("milliseconds a page, first time", round(1000 * (time.process_time() - started) / len(sizes)))
    note("longest page", f"{longest} {sizes[longest]} bytes")
    assert sizes[longest] <= MOST_PAGE_BYTES
    return longest


def assert_small_and_few_queries(client: Client, address: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert len(queries) <= MOST_QUERIES
    assert len(response.content) <= MOST_SENT_BYTES


@pytest.mark.parametrize("large", LARGE, ids=lambda large: large.name)
def test_it_is_imported_drawn_served_and_compared(large: Large, client: Client, record_property: Note) -> None:
    text = text_of(large)
    version = live_version(large.name)
    imported(version, text, record_property, "first")
    assert version.operations.count() == large.operations
    scopes = sorted(set(version.operations.values_list("scope", flat=True)) - {""})
    plan = set_plan("free", actor=ACTOR, name="Free", versions=[version], scopes=scopes)
    set_masks(plan, MASKS, actor=ACTOR)
    base = f"/docs/{large.name}/v1"
    for address in (f"{base}/", assert_every_page_is_drawn(client, version, record_property)):
        assert_small_and_few_queries(client, address)
    served = json.loads(fetched(client, f"{base}/openapi.json"))
    assert sum(
        len(item.keys() & {"get", "put", "post", "delete", "patch", "head"}) for item in served["paths"].values()
    )
    assert fetched(client, f"{base}/openapi.yaml")
    assert fetched(client, f"{base}.md").count(b"\n- [") == large.operations
    assert large.name.encode() in fetched(client, "/llms.txt")
    assert f"{base}/".encode() in fetched(client, "/sitemap.xml")
    assert b"/v1/" in fetched(client, "/search/?q=list")
    changed, expected = edited(json.loads(text))
    row = imported(version, json.dumps(changed).encode(), record_property, "edited")
    assert {(rule, name) for rule, _, _, names in row.changes for name in names} == expected
    assert len(expected) >= 15
