"""An organisation and its owner. This file is read before there are settings, so models are imported when asked for."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from accounts.models import Organisation, User


@pytest.fixture
def owner() -> "User":
    from tests.factories import make_person

    return make_person("owner@bindery.example")


@pytest.fixture
def organisation(owner: "User") -> "Organisation":
    from tests.factories import make_organisation

    return make_organisation(owner)
