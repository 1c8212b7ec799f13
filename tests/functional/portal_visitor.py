"""A person in front of the portal, without a browser: cookies are kept, redirects followed, forms carry their token."""

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

from tests.browser.one_time_codes import code_of
from tests.canaries import keep_cookies, keep_form, keep_keys_in
from tests.stack import Stack


class LeftPortal(Exception):
    """A page sent the browser elsewhere: to `address`."""

    def __init__(self, address: str) -> None:
        super().__init__("the browser was sent elsewhere")
        self.address = address


class _AtHome(urllib.request.HTTPRedirectHandler):
    """Notes when an answer led on, before what it leads to is fetched."""

    answered_at = 0.0

    def __init__(self, base: str) -> None:
        self._base = base

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        self.answered_at = time.monotonic()
        if not newurl.startswith(f"{self._base}/"):
            fp.close()
            raise LeftPortal(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Visitor:
    """One browser's worth of cookies. `get` and `post` answer the text of the page that comes in the end; they raise
    LeftPortal where that is none of the portal's.

    Whatever secrets it types or is given are kept, to be looked for later.
    """

    def __init__(self, stack: Stack) -> None:
        self._base = stack.demo["portal"]
        self._cookies = CookieJar()
        self._redirects = _AtHome(self._base)
        cookies = urllib.request.HTTPCookieProcessor(self._cookies)
        self._opener = urllib.request.build_opener(cookies, self._redirects)

    @property
    def answered_at(self) -> float:
        """When the last form that was carried out was answered, on the monotonic clock."""
        return self._redirects.answered_at

    def get(self, path: str) -> str:
        """A page. Raises HTTPError."""
        return self._fetch(path)

    def post(self, path: str, **fields: Any) -> str:
        """A form, after its page was opened; a list is a field several times. One that is refused comes back. Raises
        HTTPError."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path))
        assert token, f"{path} has no form"
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}, doseq=True)
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


def staff_of(stack: Stack) -> Visitor:
    """The sample data's member of staff, signed in with both factors."""
    staff, given = Visitor(stack), stack.demo["staff"]
    page, deadline, tried = (
        staff.post("/login/", login=given["email"], password=given["password"]),
        time.monotonic() + 120,
        "",
    )
    while 'name="code"' in page:
        assert time.monotonic() < deadline, "no code was taken"
        if (code := code_of(given["totp_secret"])) != tried:
            page, tried = staff.post("/login/code/", code=code), code
        else:
            # Each code serves once, and somebody may have used this one.
            time.sleep(0.5)
    return staff
