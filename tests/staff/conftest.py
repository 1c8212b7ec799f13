"""What tests of the staff side share: plain static addresses, and the cast's member of staff."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    """Addresses without fingerprints, so that nothing has to be collected."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def staff(cast: "Cast") -> "Client":
    """A browser of a superuser who has given a code."""
    return cast.staff.client
