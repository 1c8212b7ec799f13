"""Parameters that a mask refuses: known to a document, published with the mask."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from catalog.writes import import_document
from plans.files import set_plan_from_text
from plans.models import Mask
from plans.records import build_plan
from plans.writes import add_mask
from tests.cast import Cast
from tests.factories import ACTOR, DOCUMENT

pytestmark = pytest.mark.django_db
SEARCHING = DOCUMENT.replace(
    "      operationId: listBooks\n",
    "      operationId: listBooks\n      parameters:\n"
    "        - {name: author, in: query, schema: {type: string}}\n"
    "        - {name: filter, in: query, style: deepObject, explode: true, schema: {type: object}}\n"
    "        - {name: X-Author, in: header, schema: {type: string}}\n",
)


@pytest.fixture
def plan(cast: Cast) -> Any:
    import_document(cast.version, SEARCHING, actor=ACTOR)
    return cast.plan


def test_they_are_published_with_the_mask(cast: Cast, plan: Any) -> None:
    text = f"plan: {plan.slug}\nmasks: [{{path: $.author, action: redact, parameters: [author, 'filter[author]']}}]"
    set_plan_from_text(text, actor=ACTOR)
    record = build_plan(plan.public_id)
    assert record is not None
    assert record.masks[0].parameters == ("author", "filter[author]")


@pytest.mark.parametrize(
    "parameters",
    [["writer"], ["X-Author"], ["author", "sort"], [""], ["a b"], [7], "author", ["x" * 101], ["author"] * 21, ["ä"]],
)
def test_it_rejects_what_no_document_has(cast: Cast, plan: Any, parameters: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        add_mask(plan, actor=ACTOR, path="$.author", action="redact", parameters=parameters)
    assert "parameters" in caught.value.message_dict
    assert not Mask.objects.exists()


def test_an_operation_knows_only_its_own(cast: Cast, plan: Any) -> None:
    for anchor, is_known in (("list-books", True), ("read-book", False)):
        operation = cast.version.operations.get(anchor=anchor)
        values = {"path": "$.author", "action": "redact", "operation": operation, "parameters": ["author"]}
        if is_known:
            add_mask(plan, actor=ACTOR, **values)
        else:
            with pytest.raises(ValidationError):
                add_mask(plan, actor=ACTOR, **values)
