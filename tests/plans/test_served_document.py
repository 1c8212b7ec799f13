"""The document that a plan's subscribers are served: true of what they get, and silent about what they do not."""

import json

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from catalog.documents import operation_object, resolve
from catalog.models import Operation, Version
from catalog.writes import import_document
from contract.masking.masker import compile_masker
from contract.masking.rules import MaskRule
from plans.models import Plan
from plans.served.document import EXAMPLE_HASH_KEY, served_document
from plans.served.masked_schemas import MaskedSchemas
from plans.visibility import Progress
from tests.factories import ACTOR, make_plan, make_version
from tests.portal.pages.library import DOCUMENT, make_free, make_pro, make_readers_version


def serve(plan: Plan) -> dict:
    plan = Plan.objects.prefetch_related("masks").get(pk=plan.pk)
    version = Version.objects.select_related("api").defer(None).get(plans=plan)
    operations = list(Operation.objects.filter(version=version))
    for operation in operations:
        operation.version = version
    return served_document(version, operations, plan, "https://gateway.example/library/v2")


@pytest.mark.django_db
def test_what_the_plan_does_not_have_is_not_told():
    version = make_readers_version()
    free, pro = serve(make_free(version)), serve(make_pro(version))
    assert "post" in pro["paths"]["/readers"]
    assert "post" not in free["paths"]["/readers"]
    text = json.dumps(free)
    for name in ("addReader", "readers:write", "street", "Canal Walk", "ines@mail.example", "+494066969471"):
        assert name not in text, name
    assert free["servers"] == [{"url": "https://gateway.example/library/v2"}]


@pytest.mark.django_db
def test_the_document_is_valid_and_its_example_is_what_is_sent():
    document = serve(make_free(make_readers_version()))
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    media = operation_object(document, "GET", "/readers/{reader_id}")["responses"]["200"]["content"]["application/json"]
    assert media["example"] == {
        "id": "rdr_1",
        "email": None,
        "phone": "••••9471",
        "address": {},
        "joined": "2021",
    }
    assert_valid(document, media["schema"], media["example"])


@pytest.mark.django_db
def test_an_older_document_stays_one_of_its_version():
    version = make_version("library", "v2")
    old = DOCUMENT.replace("3.1.0", "3.0.3").replace('type: [string, "null"]', "type: string, nullable: true")
    old = old.replace("examples: [rdr_1]", "example: rdr_1").replace(', examples: ["+494066969471"]', "")
    import_document(version, old.replace(", examples: [Canal Walk 12]", ""), actor=ACTOR)
    document = serve(make_free(version))
    assert list(OpenAPIV30SpecValidator(document).iter_errors()) == []


@pytest.mark.django_db
def test_a_parameter_that_the_plan_refuses_is_not_offered():
    version = make_readers_version()
    masks = [{"path": "$..email", "action": "remove", "parameters": ["limit"]}]
    document = serve(make_plan("free", version, scopes=["readers:read"], masks=masks))
    assert document["paths"]["/readers"]["get"].get("parameters", []) == []


def schemas_after(rules: list[MaskRule], schema: dict, components: dict | None = None) -> dict:
    """A document of one schema, rewritten."""
    source = {"openapi": "3.1.0", "components": {"schemas": components or {}}}
    masked = MaskedSchemas(source, "Free")
    root = masked.rewrite(schema, Progress.of(rules))
    return {"openapi": "3.1.0", "components": {"schemas": {**(components or {}), **masked.components}}, "root": root}


def assert_valid(document: dict, schema: dict, value: object) -> None:
    jsonschema_rs.Draft202012Validator({**document, "$ref": "#/x", "x": schema}).validate(value)


NODE = {
    "type": "object",
    "required": ["id", "secret"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "minimum": 5},
        "secret": {"type": "string", "minLength": 9, "description": "Tells all."},
        "left": {"$ref": "#/components/schemas/Node"},
        "all": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}, "uniqueItems": True},
    },
}
TREE = {
    "id": 5,
    "secret": "long enough",
    "left": {"id": 6, "secret": "also long!", "all": [{"id": 7, "secret": "x" * 9}]},
}
RULES = [
    [MaskRule("$..secret", "remove")],
    [MaskRule("$..secret", "redact")],
    [MaskRule("$.left", "remove")],
    [MaskRule("$.left.left", "hash"), MaskRule("$..id", "partial", keep=1)],
    [MaskRule("$..id", "generalise", precision="10"), MaskRule("$.left.all[0].secret", "remove")],
    [MaskRule("$..all[*]", "remove")],
    [MaskRule("$..*", "truncate", keep=2)],
    [MaskRule("$..left..secret", "partial", keep=4), MaskRule("$.secret", "remove")],
]


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: " ".join(rule.path for rule in rules))
@pytest.mark.parametrize("within", [None, "allOf", "anyOf", "oneOf"])
def test_a_masked_answer_is_valid_against_the_rewritten_schema_even_where_it_contains_itself(rules, within):
    schema: dict = {"$ref": "#/components/schemas/Node"}
    document = schemas_after(rules, {within: [schema]} if within else schema, {"Node": NODE})
    masker = compile_masker(rules, hash_key=EXAMPLE_HASH_KEY, hash_key_id="k1", subject="x")
    assert_valid(document, document["root"], json.loads(masker.mask(json.dumps(TREE).encode()).body))


def test_a_removed_name_is_nowhere_in_what_is_reached():
    document = schemas_after([MaskRule("$..secret", "remove")], {"$ref": "#/components/schemas/Node"}, {"Node": NODE})
    reached = resolve(document, document["root"])
    assert "secret" not in json.dumps(
        [reached, {k: v for k, v in document["components"]["schemas"].items() if k != "Node"}]
    )


def test_without_a_rule_further_down_the_component_stays_shared():
    document = schemas_after([MaskRule("$.name", "remove")], {"properties": {"node": NODE["properties"]["left"]}})
    assert document["root"]["properties"]["node"] == {"$ref": "#/components/schemas/Node"}
