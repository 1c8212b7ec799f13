"""A chain of its own for each test."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.settings import settings

if TYPE_CHECKING:
    from accounts.models import Organisation


@pytest.fixture(autouse=True)
def anchor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of this test's heads."""
    path = tmp_path / "audit-anchor.ndjson"
    monkeypatch.setattr(settings(), "audit_anchor", path)
    return path


@pytest.fixture
def organisation() -> "Organisation":
    from tests.factories import make_organisation, make_person

    return make_organisation(make_person("owner@bindery.example"))


@pytest.fixture
def chained(organisation: "Organisation") -> Callable[[int], None]:
    """Records so many more events and chains all that wait."""
    from accounts.writes import rename_organisation
    from tests.audit.intruder import chain_all
    from tests.factories import ACTOR

    def record(count: int) -> None:
        for number in range(count):
            rename_organisation(organisation, f"Bindery {number}", actor=ACTOR)
        chain_all()

    return record
