"""The OpenAPI documents by themselves."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.demo.clinic_documents import DOCUMENTS, FOLDER, OPERATIONS, WRITING, Operation, validate

SCOPES = {"practitioners:read", "patients:read", "patients:write", "appointments:read", "appointments:write"}
EVERY_VERSION = pytest.mark.parametrize("version", DOCUMENTS)
EVERY = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


def nodes(node: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield name, node
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from nodes(value, f"{name}/{key}")


@EVERY_VERSION
def test_it_is_a_valid_openapi_document(version: str) -> None:
    assert DOCUMENTS[version]["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(DOCUMENTS[version]).iter_errors()) == []


@EVERY_VERSION
def test_its_server_is_relative(version: str) -> None:
    assert DOCUMENTS[version]["servers"] == [{"url": f"/clinic/{version}"}]


@EVERY_VERSION
def test_it_repeats_no_key(version: str) -> None:
    def pairs(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        keys = [loader.construct_object(key) for key, _ in node.value]
        assert len(keys) == len(set(keys)), keys
        return loader.construct_mapping(node, deep=True)

    class Strict(yaml.SafeLoader):
        pass

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, pairs)
    text = (FOLDER / f"clinic-{version}.yaml").read_text()
    assert yaml.load(text, Strict) == DOCUMENTS[version]


@EVERY
def test_an_operation_says_what_it_is(operation: Operation) -> None:
    assert operation.spec["summary"]
    assert operation.spec["description"]
    assert len(operation.spec["tags"]) == 1
    assert operation.id.isalnum()
    assert operation.id[0].islower()


@EVERY
def test_an_operation_asks_for_known_scopes_of_one_scheme(operation: Operation) -> None:
    (requirement,) = operation.spec["security"]
    (scopes,) = requirement.values()
    assert set(requirement) == set(DOCUMENTS[operation.version]["components"]["securitySchemes"]) == {"clinic"}
    assert scopes
    assert set(scopes) <= SCOPES


@EVERY
def test_all_of_version_1_is_deprecated_and_nothing_of_version_2(operation: Operation) -> None:
    assert operation.spec.get("deprecated", False) is (operation.version == "v1")


@EVERY_VERSION
def test_every_property_and_parameter_is_described(version: str) -> None:
    bare = []
    for name, node in nodes(DOCUMENTS[version]):
        is_property = name.split("/")[-2:-1] == ["properties"]
        is_parameter = "in" in node and "schema" in node
        if (is_property and "$ref" not in node) or is_parameter:
            bare += [] if node.get("description") else [name]
    assert bare == []


@EVERY_VERSION
def test_every_example_fits_its_schema(version: str) -> None:
    checked = 0
    for _, node in nodes(DOCUMENTS[version]):
        if "example" in node and "schema" in node:
            validate(version, node["schema"], node["example"])
            checked += 1
        for example in node.get("examples", []):
            validate(version, {key: value for key, value in node.items() if key != "examples"}, example)
            checked += 1
    assert checked > 50


@pytest.mark.parametrize("operation", WRITING, ids=str)
def test_a_writing_operation_documents_every_refusal_of_a_body(operation: Operation) -> None:
    assert {"400", "413", "415", "422"} <= set(operation.spec["responses"])
