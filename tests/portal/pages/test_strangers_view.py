"""What may be seen without signing in is looked up once (conditions each time), and anew after every write."""

import pytest

from catalog.writes import set_version
from plans.writes import set_plan
from tests.factories import ACTOR
from tests.portal.pages.library import make_free, make_readers_version, retire
from tests.portal.pages.reading import queries, read, words
from tests.portal.pages.test_docs_pages import sign_in_on

pytestmark = pytest.mark.django_db
READ = "/docs/library/v2/read-reader/"


def test_it_is_looked_up_once_and_anew_after_each_write(client):
    version = make_readers_version()
    free = make_free(version)
    read(client, READ)
    assert queries(client, READ) <= 2
    retire(version, "deprecated")
    assert "v2 is deprecated" in words(read(client, READ))
    set_version(version.api, "v2", actor=ACTOR, state="live")
    set_plan("free", actor=ACTOR, is_public=False, is_default=False)
    read(client, READ, status=404)
    assert "Read a reader" in read(sign_in_on(free), READ)
    read(client, READ, status=404)
