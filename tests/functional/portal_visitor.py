"""A person in front of the portal, without a browser: cookies are kept, redirects followed, forms carry their token."""

import re
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

from tests.stack import Stack


class Visitor:
    """One browser's worth of cookies. `get` and `post` answer the text of the page that comes in the end."""

    def __init__(self, stack: Stack) -> None:
        self._base = stack.demo["portal"]
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        """A page. Raises HTTPError."""
        with self._opener.open(self._base + path, timeout=60) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str) -> str:
        """A form, after its page was opened; one that is refused comes back. Raises HTTPError."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path))
        assert token, f"{path} has no form"
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        try:
            with self._opener.open(self._base + path, body, timeout=60) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            if error.code != 422:
                raise
            return error.read().decode()
