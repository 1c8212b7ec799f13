"""One thing that a developer should look at."""

from typing import NamedTuple


class Item(NamedTuple):
    """As components/attention.html draws it; `kind` is critical, warn or info."""

    kind: str
    title: str
    text: str
    url: str
    action: str
