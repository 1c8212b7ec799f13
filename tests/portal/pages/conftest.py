"""What the pages' tests share."""

import pytest


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Pages name files as they lie in the tree: nothing is collected for tests."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.WHITENOISE_AUTOREFRESH = True
