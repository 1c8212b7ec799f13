"""Importing an OpenAPI document: operations keep their ids; what is wrong is said clearly and changes nothing."""

import copy
import json
from typing import Any

import pytest
import yaml
from django.core.exceptions import ValidationError

from audit.models import Event, PublishedRecord
from catalog.models import Operation, Version
from catalog.openapi import anchor_of
from catalog.writes import import_document, set_api, set_version
from plans.models import Mask
from tests.factories import ACTOR, DOCUMENT, make_plan, make_version

pytestmark = pytest.mark.django_db
LIBRARY: dict[str, Any] = yaml.safe_load(DOCUMENT)


@pytest.fixture
def version() -> Version:
    return make_version()


def changed(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(LIBRARY), **changes}


def ids(version: Version) -> dict[tuple[str, str], str]:
    return {(row.method, row.path): row.public_id for row in version.operations.all()}


def test_operations_come_in_the_documents_order_with_scope_and_anchor(version: Version) -> None:
    rows = version.operations.values_list("method", "path", "anchor", "scope", "summary")
    assert list(rows) == [
        ("GET", "/books", "list-books", "books:read", "List books"),
        ("POST", "/books", "add-book", "books:write", "Add a book"),
        ("GET", "/books/{book_id}", "read-book", "books:read", "Read a book"),
    ]


def test_operations_keep_their_ids_and_new_ones_come_and_old_ones_go(version: Version) -> None:
    before = ids(version)
    document = copy.deepcopy(LIBRARY)
    document["paths"]["/authors"] = {"get": document["paths"]["/books"].pop("post") | {"operationId": "listAuthors"}}
    import_document(version, json.dumps(document), actor=ACTOR)
    after = ids(version)
    assert after["GET", "/books"] == before["GET", "/books"]
    assert after.keys() == {("GET", "/books"), ("GET", "/authors"), ("GET", "/books/{book_id}")}
    changes = Event.objects.filter(action="version.imported").latest("id").changes["operations"]
    assert changes[0] == ["POST /books"]
    gone = PublishedRecord.objects.get(kind="operation", record_id=before["POST", "/books"])
    assert gone.version == 2


def test_a_renamed_parameter_keeps_the_operation_and_its_masks(version: Version) -> None:
    operation = version.operations.get(anchor="read-book")
    plan = make_plan("starter", version, masks=[{"path": "$.isbn", "action": "remove", "operation": operation}])
    document = copy.deepcopy(LIBRARY)
    item = document["paths"].pop("/books/{book_id}")
    item["parameters"][0]["name"] = "isbn"
    document["paths"]["/books/{isbn}"] = item
    import_document(version, json.dumps(document), actor=ACTOR)
    operation.refresh_from_db()
    assert operation.path == "/books/{isbn}"
    assert plan.masks.get().operation == operation


def test_an_operation_on_which_a_mask_hangs_is_not_dropped(version: Version) -> None:
    operation = version.operations.get(anchor="read-book")
    make_plan("starter", version, masks=[{"path": "$.isbn", "action": "remove", "operation": operation}])
    document = copy.deepcopy(LIBRARY)
    del document["paths"]["/books/{book_id}"]
    with pytest.raises(ValidationError, match="Starter: remove"):
        import_document(version, json.dumps(document), actor=ACTOR)
    assert Mask.objects.count() == 1
    assert version.operations.count() == 3


def test_two_operations_may_swap_names(version: Version) -> None:
    before = ids(version)
    document = copy.deepcopy(LIBRARY)
    books = document["paths"]["/books"]
    books["get"]["operationId"], books["post"]["operationId"] = "addBook", "listBooks"
    import_document(version, json.dumps(document), actor=ACTOR)
    assert ids(version) == before
    assert version.operations.get(method="GET", path="/books").anchor == "add-book"


def test_unquoted_status_codes_and_dates_of_yaml_are_read(version: Version) -> None:
    text = DOCUMENT.replace('{"200": {description: Books}}', "{200: {description: Books}}")
    text = text.replace("summary: List books", "summary: List books\n      x-since: 2026-01-01")
    import_document(version, text, actor=ACTOR)
    details = Version.objects.get(pk=version.pk).document["paths"]["/books"]["get"]
    assert (list(details["responses"]), details["x-since"]) == (["200"], "2026-01-01")


def test_a_schema_that_contains_itself_is_read(version: Version) -> None:
    node = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Node"}}}
    document = changed(components={**LIBRARY["components"], "schemas": {"Node": node}})
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}
    document["paths"]["/books"]["get"]["responses"]["200"]["content"] = content
    assert len(import_document(version, json.dumps(document), actor=ACTOR)) == 3


def with_path(path: str, **item: Any) -> dict[str, Any]:
    document = copy.deepcopy(LIBRARY)
    document["paths"][path] = item
    return document


ANSWER = {"responses": {"200": {"description": "x"}}}
BAD: dict[str, tuple[Any, str]] = {
    "nothing": ("", "is not an object"),
    "a list": ("[1]", "is not an object"),
    "not text": (b"\xff\xfe\x00o", "not UTF-8"),
    "half a text": ("openapi: [3", "Line"),
    "a tab": ("openapi: 3.1.0\n\tinfo: x", "Line 2"),
    "huge": ("x" * (16 * 1024 * 1024 + 1), "larger than 16 MiB"),
    "deep": ("[" * 100_000, "nested deeper than 200"),
    "aliases": ("openapi: &a 3.1.0\ninfo: *a", "aliases"),
    "billion laughs": ("a: &a [x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]", "aliases"),
    "a name twice": ('{"openapi": "3.1.0", "openapi": "3.0.0"}', "given twice"),
    "an object of Python": ("!!python/object/apply:os.system ['true']", "not JSON or YAML"),
    "swagger 2": ({"swagger": "2.0", "info": {"title": "x", "version": "1"}, "paths": {}}, "Swagger 2.0"),
    "no version": ({"info": {}}, "openapi: missing"),
    "a version to come": (changed(openapi="4.0.0"), "4.0.0; 3.0, 3.1 and 3.2 are read"),
    "a number as version": (changed(openapi=3.1), "openapi"),
    "no info": ({"openapi": "3.1.0", "paths": {}}, "info"),
    "paths as list": (changed(paths=[]), "paths"),
    "remote reference": (
        with_path("/x", get={"responses": {"200": {"$ref": "https://evil.example/x.yaml"}}}),
        "not local",
    ),
    "file reference": (with_path("/x", get={"responses": {"200": {"$ref": "../../etc/passwd"}}}), "not local"),
    "reference to nowhere": (
        with_path("/x", get={"responses": {"200": {"$ref": "#/components/responses/No"}}}),
        "leads nowhere",
    ),
    "reference that is a number": (with_path("/x", get={"responses": {"200": {"$ref": 3}}}), "not local"),
    "reference to itself": (
        changed(components={"schemas": {"A": {"$ref": "#/components/schemas/A"}}}) | {"security": []},
        "",
    ),
    "path without slash": (with_path("x", get=ANSWER), "x"),
    "undeclared parameter": (with_path("/x/{id}", get=ANSWER), "id"),
    "no responses in 3.0": (changed(openapi="3.0.3", paths={"/x": {"get": {}}}), "responses"),
    "an operationId twice": (with_path("/x", get={**ANSWER, "operationId": "listBooks"}), "listBooks"),
    "two names with one anchor": (
        with_path("/x", get={**ANSWER, "operationId": "list-books"}),
        "different operationIds",
    ),
    "one path under two names": (
        with_path(
            "/books/{isbn}",
            parameters=[{"name": "isbn", "in": "path", "required": True, "schema": {"type": "string"}}],
            get={**ANSWER, "operationId": "other"},
        ),
        "same path to a caller",
    ),
    "NUL": (changed(info={"title": "a\0b", "version": "1"}), "U+0000"),
    "half a character": ('{"openapi": "3.1.0", "info": {"title": "\\ud800", "version": "1"}}', "half a character"),
    "not a number": ("openapi: 3.1.0\ninfo: {title: x, version: '1'}\npaths: {}\nx-a: .nan", "JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_it_rejects_a_bad_document_and_imports_nothing_of_it(version: Version, name: str) -> None:
    content, words = BAD[name]
    text = content if isinstance(content, (str, bytes)) else json.dumps(content)
    before = state(version)
    with pytest.raises(ValidationError) as caught:
        import_document(version, text, actor=ACTOR)
    sentences = caught.value.message_dict["document"]
    assert any(words in sentence for sentence in sentences)
    assert not any("\n" in sentence or len(sentence) > 600 for sentence in sentences)
    assert 1 <= len(sentences) <= 20
    assert state(version) == before


def state(version: Version) -> tuple[object, ...]:
    document = Version.objects.get(pk=version.pk).document
    return document, list(Operation.objects.values_list()), Event.objects.count()


@pytest.mark.parametrize(
    ("name", "anchor"), [("readBook", "read-book"), ("get/books/{id}", "get-books-id"), ("é", "e")]
)
def test_an_anchor_reads_like_the_name(name: str, anchor: str) -> None:
    assert anchor_of(name) == anchor


def test_the_document_stays_in_the_database_until_it_is_read(version: Version) -> None:
    assert "document" in Version.objects.get(pk=version.pk).get_deferred_fields()
    assert "document" in Operation.objects.first().version.get_deferred_fields()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "url",
    [
        "https://clinic.example/v1",
        "http://clinic:9000",
        "http://127.0.0.1:9000/v1",
        "http://[::1]:9000/",
        "http://a-b.c_d/x%20y",
    ],
)
def test_an_upstream_may_be_any_host(version: Version, url: str) -> None:
    assert set_version(version.api, "v1", actor=ACTOR, upstream_url=url).upstream_url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "clinic",
        "//clinic",
        "ftp://clinic",
        "http://",
        "http://a:0",
        "http://a:99999",
        "http://u:p@a",
        "http://a?b",
        "http://a#b",
        "http://a b",
        "http://a\nb",
        "http://ä.example",
        "http://-a",
        "http://a\\b",
        "javascript:alert(1)",
        "http://" + "a" * 600,
    ],
)
def test_it_rejects_an_address_that_is_no_upstream(version: Version, url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        set_version(version.api, "v1", actor=ACTOR, upstream_url=url)
    assert "upstream_url" in caught.value.message_dict
    version.refresh_from_db()
    assert version.upstream_url == "http://127.0.0.1:9"


def test_a_slug_of_the_gateway_itself_is_refused() -> None:
    with pytest.raises(ValidationError, match="address of our own"):
        set_api("healthz", actor=ACTOR, title="x")
