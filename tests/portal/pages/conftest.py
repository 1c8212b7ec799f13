"""What the pages' tests share. This file is read before there are settings, so models are imported when asked for."""

import pytest


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Pages name files as they lie in the tree: nothing is collected for tests."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def version():
    """The readers' version of the library."""
    from tests.portal.pages.library import make_readers_version

    return make_readers_version()


@pytest.fixture
def plans(version):
    """Free and Pro."""
    from tests.portal.pages.library import make_free, make_pro

    return make_free(version), make_pro(version)
