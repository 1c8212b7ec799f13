"""The parameters that a mask refuses, named in its form."""

import pytest
from django.test import Client

from catalog.writes import import_document
from plans.models import Mask
from tests.cast import Cast
from tests.factories import ACTOR
from tests.plans.test_mask_parameters import SEARCHING

pytestmark = pytest.mark.django_db


def test_staff_name_parameters_in_the_masks_form(cast: Cast, staff: Client) -> None:
    import_document(cast.version, SEARCHING, actor=ACTOR)
    fields = {"place": "", "path": "$.author", "action": "redact", "keep": "0", "precision": "", "step": "save"}
    path = f"/admin/plans/{cast.plan.public_id}/masks/"
    assert staff.post(f"{path}new/", {**fields, "parameters": "author, writer"}).status_code == 422
    assert staff.post(f"{path}new/", {**fields, "parameters": "author filter[author]"}).status_code == 303
    mask = Mask.objects.get()
    assert mask.parameters == ["author", "filter[author]"]
    assert 'value="author filter[author]"' in staff.get(f"{path}{mask.pk}/").content.decode()
