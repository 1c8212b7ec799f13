"""Descriptions become safe HTML below the page's own headings."""

from html.parser import HTMLParser

import pytest

from portal.reference.markdown import render_markdown


class Seen(HTMLParser):
    """The tags, attributes and addresses that a browser sees."""

    def __init__(self, drawn: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.feed(drawn)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]


def test_commonmark_is_drawn():
    assert render_markdown("**a** `b`\n\n- c") == "<p><strong>a</strong> <code>b</code></p>\n<ul>\n<li>c</li>\n</ul>\n"


def test_headings_begin_below_the_pages():
    assert render_markdown("# a\n\n###### b") == "<h3>a</h3>\n<h6>b</h6>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "![a](https://tracker.example/x.png)",
        '<a href="javascript:x">b</a>',
        "<style>*{}</style>",
        '[a](https://x.example "\\" onclick=alert(1)")',
        "<svg/onload=alert(1)>",
    ],
)
def test_nothing_active_gets_through(text):
    drawn = render_markdown(text)
    seen = Seen(drawn)
    assert seen.tags <= {"p", "a"}
    assert seen.attributes <= {"href", "title", "rel"}
    assert all(address.startswith("https://") for address in seen.addresses)


def test_links_do_not_lend_our_name():
    assert 'rel="nofollow noopener noreferrer"' in render_markdown("[a](https://x.example)")


@pytest.mark.parametrize("text", [None, 5, [], {}, ""])
def test_what_is_no_text_is_nothing(text):
    assert render_markdown(text) == ""


def test_deep_and_long_text_ends():
    assert render_markdown(">" * 5000 + "a")
    assert len(render_markdown("a" * 1_000_000)) < 110_000
