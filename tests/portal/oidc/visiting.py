"""Somebody in front of a browser, between our pages and the provider's."""

import html
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlsplit

from django.http import HttpResponse
from django.test import Client

from contract.settings import settings
from tests.portal.oidc.provider import Provider


@dataclass
class Visitor:
    """Somebody with a browser, and the consent page that sent them to sign in."""

    provider: Provider
    consent: str
    browser: Client = field(default_factory=Client)

    def leave(self, target: str = "") -> str:
        """The address at the provider."""
        page = self.browser.post(f"/oidc/start/?next={quote(target or self.consent)}")
        found = re.search(r'content="0; url=([^"]+)"', page.content.decode())
        assert found, page.content.decode()[-1500:]
        return html.unescape(found[1])

    def come_back(self, address: str = "") -> HttpResponse:
        """Signed in there, back here."""
        back = self.provider.sign_in(address or self.leave())
        return self.browser.get(back.removeprefix(settings().portal_base))

    @property
    def is_in(self) -> bool:
        return "_auth_user_id" in self.browser.session


def state_of(address: str) -> dict[str, str]:
    """What was asked at the provider."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
