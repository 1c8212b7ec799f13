"""What machines read of the documentation: true of the reader's plan, and silent about what is not open to them."""

import xml.etree.ElementTree as ElementTree

import pytest
import yaml
from django.test import Client

from plans.writes import set_plan
from tests.factories import ACTOR, make_application, make_organisation, make_person
from tests.portal.pages.library import make_readers_version

pytestmark = pytest.mark.django_db
DOCUMENT = "/docs/library/v2/openapi.json"


def test_the_document_is_that_of_the_plan_asked_for_else_of_the_readers_own(client, plans):
    person = make_person("ada@bindery.example")
    make_application(make_organisation(person), plans[1], plans[1].versions.first().api)
    reader = Client()
    reader.force_login(person)
    assert "post" not in client.get(DOCUMENT).json()["paths"]["/readers"]
    assert "post" in client.get(f"{DOCUMENT}?plan=pro").json()["paths"]["/readers"]
    assert "post" in reader.get(DOCUMENT).json()["paths"]["/readers"]


def test_a_private_plan_is_served_to_its_subscribers_alone(client, plans):
    set_plan("pro", actor=ACTOR, is_public=False)
    for address in (DOCUMENT, "/docs/library/v2.md", "/llms.txt", "/docs/library/v2/list-readers.md"):
        text = client.get(f"{address}?plan=pro").content.decode()
        assert "readers:write" not in text, address
        assert "Add a reader" not in text, address
    assert client.get("/docs/library/v2/add-reader.md").status_code == 404


def test_yaml_says_the_same_as_json(client, plans):
    response = client.get("/docs/library/v2/openapi.yaml")
    assert response.headers["Content-Type"] == "application/yaml"
    assert yaml.safe_load(response.content) == client.get(DOCUMENT).json()


def test_an_unchanged_document_is_not_sent_again_and_a_changed_one_is(client, plans):
    first = client.get(DOCUMENT)
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get(DOCUMENT, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    set_plan("free", actor=ACTOR, scopes=["readers:read", "readers:write"])
    changed = client.get(DOCUMENT, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "post" in changed.json()["paths"]["/readers"]


def test_an_operation_as_markdown_says_what_the_page_says(client, plans):
    response = client.get("/docs/library/v2/read-reader.md")
    assert response.headers["Content-Type"].startswith("text/markdown")
    text = response.content.decode()
    for said in ("# Read a reader", "`readers:read`", "`email`", '"phone": "••••9471"', "```curl", "Masked on Free"):
        assert said in text, said
    for hidden in ("<span", "&quot;", "ines@mail.example", "Canal Walk"):
        assert hidden not in text, hidden


def test_lists_name_what_is_open_and_nothing_else(client, plans):
    make_readers_version("vault", "v1")
    catalogue = client.get("/.well-known/api-catalog")
    assert catalogue.headers["Content-Type"].startswith("application/linkset+json")
    (entry,) = catalogue.json()["linkset"]
    assert entry["anchor"].endswith("/library/v2/")
    assert entry["service-desc"][0]["href"].endswith(DOCUMENT)
    tree = ElementTree.fromstring(client.get("/sitemap.xml").content)
    addresses = [node.text or "" for node in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert any(address.endswith("/docs/library/v2/") for address in addresses)
    for text in (" ".join(addresses), client.get("/llms.txt").content.decode()):
        assert "library" in text
        assert "vault" not in text


def test_all_problem_types_stand_on_one_page(client):
    text = client.get("/problems.md").content.decode()
    assert "## insufficient-scope" in text
    assert "&" not in text.replace("&&", "")
