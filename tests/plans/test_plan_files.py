"""A plan from a YAML file: everything in it or nothing, and clear words for what is wrong."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from audit.actors import SYSTEM
from audit.models import Event
from catalog.models import Version
from catalog.writes import import_document, set_api, set_version
from plans.files import set_plan_from_file
from plans.models import Limit, Mask, Plan

pytestmark = pytest.mark.django_db
DOCUMENT = Path(__file__).resolve().parents[2] / "demo/openapi/clinic-v1.yaml"
FILE = """
plan: free
name: Free
description: To try it out.
price_cents: 0
currency: EUR
position: 1
default: true
versions: [clinic/v1]
scopes: [practitioners:read, patients:read]
limits:
  - {name: pace, kind: rate, amount: 10, period_seconds: 1, burst: 20}
  - {name: day, kind: quota, amount: 1000, window: day}
  - {name: at-once, kind: concurrency, amount: 5}
masks:
  - {path: $..email, action: redact}
  - {path: $.phone, action: partial, keep: 2, version: clinic/v1, operation: "GET /practitioners/{practitioner_id}"}
  - {path: $.birth_date, action: generalise, precision: year, api: clinic, version: clinic/v1, operation: readPatient}
  - {path: "$.data[*].notes", action: remove, api: clinic, required: true}
"""


@pytest.fixture
def version() -> Version:
    api = set_api("clinic", title="Clinic", owner="Ada", actor=SYSTEM)
    version = set_version(api, "v1", state="live", upstream_url="http://127.0.0.1:9000", actor=SYSTEM)
    import_document(version, DOCUMENT.read_bytes(), actor=SYSTEM)
    return version


def set_from(folder: Path, text: str) -> Plan:
    path = folder / "plan.yaml"
    path.write_text(text)
    return set_plan_from_file(path, actor=SYSTEM)


def test_it_sets_the_plan_with_limits_and_masks(version: Version, tmp_path: Path) -> None:
    plan = set_from(tmp_path, FILE)
    assert (plan.name, plan.is_default, plan.is_public) == ("Free", True, True)
    assert list(plan.versions.all()) == [version]
    assert [limit.name for limit in plan.limits.all()] == ["pace", "day", "at-once"]
    assert [mask.is_required for mask in plan.masks.all()] == [False, False, False, True]


def test_a_mask_hangs_on_the_axis_that_the_file_names(version: Version, tmp_path: Path) -> None:
    everywhere, address, name, api = set_from(tmp_path, FILE).masks.all()
    assert (everywhere.api, everywhere.version, everywhere.operation) == (None, None, None)
    assert address.operation == version.operations.get(method="GET", path="/practitioners/{practitioner_id}")
    assert name.operation == version.operations.get(method="GET", path="/patients/{patient_id}")
    assert (api.api, api.version) == (version.api, None)


def test_what_the_file_leaves_out_stays_and_lists_replace(version: Version, tmp_path: Path) -> None:
    set_from(tmp_path, FILE)
    plan = set_from(tmp_path, "plan: free\nmasks: [{path: $.email, action: hash}]\nprice_cents: 900")
    assert (plan.name, plan.price_cents, plan.limits.count()) == ("Free", 900, 3)
    assert [mask.action for mask in plan.masks.all()] == ["hash"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("price_cents", "price"), "Unknown field price at $; known are plan, name, description, terms, price_cents"),
        (("keep: 2", "kept: 2"), "Unknown field kept at $.masks[1]; known are path, action, keep"),
        (("burst: 20", "bursts: 20"), "Unknown field bursts at $.limits[0]; known are name, kind, amount"),
        (("plan: free", "slug: free"), "slug"),
        (("name: Free\n", "name: ''\n"), "name"),
        (("price_cents: 0", "price_cents: -1"), "price_cents"),
        (("price_cents: 0", "price_cents: free"), "Expected `int`"),
        (("price_cents: 0", "price_cents: 99999999999999"), "price_cents"),
        (("currency: EUR", "currency: euro"), "currency"),
        (("currency: EUR", "currency: e1€"), "currency"),
        (("default: true", "default: perhaps"), "Expected `bool"),
        (("[clinic/v1]", "[clinic/v9]"), "no version 'clinic/v9'"),
        (("[clinic/v1]", "[hospital/v1]"), "no API 'hospital'"),
        (("[clinic/v1]", "clinic/v1"), "Expected `array"),
        (("patients:read]", "'patients read']"), "Scopes are"),
        (("kind: rate", "kind: speed"), "speed"),
        (("amount: 10,", "amount: -1,"), "amount"),
        (("amount: 10,", "amount: 0,"), "at least 1"),
        (("amount: 10,", "amount: 1.5,"), "Expected `int`"),
        (("amount: 10,", "amount: 99999999999999999999,"), "amount"),
        (("period_seconds: 1,", ""), "period_seconds"),
        (("period_seconds: 1,", "period_seconds: 1, window: day,"), "window"),
        (("burst: 20", "burst: -20"), "burst"),
        (("window: day", "window: week"), "week"),
        (("window: day", "burst: 5"), "burst means nothing to a quota"),
        (("window: day}", "anchored: true}"), "needs window: day or month"),
        (("name: day", "name: pace"), "Two limits are named 'pace'"),
        (("name: day", "name: 'a b'"), "Use a–z"),
        (("$..email", "email"), "email"),
        (("$..email", "'$..[?@.x]'"), "filter"),
        (("action: redact", "action: hide"), "hide"),
        (("keep: 2", "keep: 0"), "keep"),
        (("precision: year", "precision: decade"), "decade"),
        (("operation: readPatient", "operation: readDoctor"), "no operation 'readDoctor'"),
        (("api: clinic, version: clinic/v1", "api: clinic"), "name its version too"),
        (("api: clinic, version", "api: hospital, version"), "no version of hospital"),
        (("masks:", "limits: []\nmasks:"), "given twice"),
    ],
)
def test_it_rejects_a_bad_file_with_a_clear_sentence_and_changes_nothing(
    version: Version, tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    assert change[0] in FILE
    before = Event.objects.count()
    with pytest.raises(ValidationError) as caught:
        set_from(tmp_path, FILE.replace(*change))
    assert sentence in str(caught.value)
    assert (Plan.objects.count(), Limit.objects.count(), Mask.objects.count()) == (0, 0, 0)
    assert Event.objects.count() == before
