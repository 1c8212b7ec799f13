"""Things that only tests of the staff side need."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from catalog.brownouts import plan_brownout
from catalog.imports import begin, run
from catalog.models import Brownout, ChangelogEntry, Import, Version
from catalog.writes import import_document
from contract.records import Restriction as RestrictionRecord
from plans.models import Mask, Plan
from plans.writes import add_mask
from restrictions.models import Restriction
from restrictions.writes import apply_restriction
from tests.cast import Cast
from tests.factories import ACTOR, DOCUMENT, make_version


def make_mask(plan: Plan, path: str = "$.email", **values: Any) -> Mask:
    """A mask that applies everywhere."""
    return add_mask(plan, actor=ACTOR, path=path, **{"action": "redact"} | values)


def make_restriction(cast: Cast) -> Restriction:
    """The cast's key is blocked until somebody lifts it."""
    record = RestrictionRecord(id="", how="block", reference="", credential=cast.key.credential.public_id)
    return apply_restriction(record, actor=ACTOR, reason="Reads in the order of ids")


def make_brownout(cast: Cast) -> Brownout:
    """One tomorrow, of another version than the cast's, which stays as it is."""
    version = make_version("archive", state="deprecated")
    start = timezone.now() + timedelta(days=1)
    return plan_brownout(version, start, start + timedelta(hours=1), actor=ACTOR)


def make_import(version: Version) -> Import:
    """One that is ready to be applied."""
    made = begin(version, DOCUMENT.replace("readBook", "showBook").encode(), source="library.yaml", actor=ACTOR)
    run(made)
    return made


def make_entry(version: Version) -> ChangelogEntry:
    """A draft: another document has come, in which an operation has another name; then the one before it again."""
    import_document(version, DOCUMENT.replace("Read a book", "Show a book"), actor=ACTOR)
    import_document(version, DOCUMENT, actor=ACTOR)
    return version.changelog.all()[0]
