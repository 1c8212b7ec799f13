"""A person in front of the portal, without a browser: cookies are kept, redirects followed, forms carry their token."""

import re
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

from tests.canaries import keep_cookies, keep_form, keep_keys_in
from tests.stack import Stack


class Visitor:
    """One browser's worth of cookies. `get` and `post` answer the text of the page that comes in the end.

    Whatever secrets it types or is given are kept, to be looked for later.
    """

    def __init__(self, stack: Stack) -> None:
        self._base = stack.demo["portal"]
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    def get(self, path: str) -> str:
        """A page. Raises HTTPError."""
        return self._fetch(path)

    def post(self, path: str, **fields: str) -> str:
        """A form, after its page was opened; one that is refused comes back. Raises HTTPError."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path))
        assert token, f"{path} has no form"
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields})
        keep_form(body)
        try:
            return self._fetch(path, body.encode())
        except urllib.error.HTTPError as error:
            if error.code != 422:
                raise
            return error.read().decode()

    def _fetch(self, path: str, body: bytes | None = None) -> str:
        with self._opener.open(self._base + path, body, timeout=60) as answer:
            keep_cookies((cookie.name, str(cookie.value)) for cookie in self._cookies)
            return keep_keys_in(answer.read().decode())
