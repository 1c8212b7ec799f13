"""A provider to which the settings point, a client that asks for consent, and a browser in front of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.portal.oauth.asking import Asking
    from tests.portal.oidc.provider import Provider
    from tests.portal.oidc.visiting import Visitor


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    """Pages without collected static files, and as many sign-ins as a test likes."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.WHITENOISE_AUTOREFRESH = True
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Provider]":
    from contract.settings import settings
    from tests.portal.oidc.provider import CLIENT_ID, CLIENT_SECRET, Provider, serve

    made = Provider()
    server = serve(made)
    monkeypatch.setattr(settings(), "oidc_issuer", made.issuer)
    monkeypatch.setattr(settings(), "oidc_client_id", CLIENT_ID)
    monkeypatch.setattr(settings(), "oidc_client_secret", SecretStr(CLIENT_SECRET))
    monkeypatch.setattr(settings(), "oidc_name", "Town ID")
    yield made
    made.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def cast(db: None) -> "Cast":
    from tests.cast import make_cast

    return make_cast()


@pytest.fixture
def asking(cast: "Cast") -> "Asking":
    from tests.portal.oauth.asking import Asking, make_client

    return Asking(make_client(cast))


@pytest.fixture
def visitor(provider: "Provider", asking: "Asking") -> "Visitor":
    from tests.portal.oidc.visiting import Visitor

    return Visitor(provider, asking.address())
