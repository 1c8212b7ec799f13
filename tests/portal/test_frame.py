"""The frame of a page, its components, the pages that explain trouble, and the theme."""

import json
import re
from pathlib import Path

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import FileSystemStorage
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

from portal.pages.theme import choose_theme
from portal.static_files import FoldedStylesheet

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
STYLES = ROOT / "static/css"
OURS = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.ROOT_URLCONF = "allauth.urls"


def render(name, **context):
    request = RequestFactory().get("/apps/?status=409")
    request.user = AnonymousUser()
    return render_to_string(name, context, request)


class KeyForm(forms.Form):
    name = forms.CharField()
    environment = forms.ChoiceField(choices=[("test", "Test")], widget=forms.RadioSelect)
    tell = forms.BooleanField(required=False)


@pytest.mark.parametrize("name", OURS)
def test_every_template_compiles(name):
    assert get_template(name).template.nodelist


@pytest.mark.parametrize("name", OURS)
def test_no_template_carries_inline_script_style_or_handlers(name):
    text = (TEMPLATES / name).read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|<script(?![^>]*\ssrc=)", text)


def test_the_page_tells_htmx_to_evaluate_nothing_and_to_keep_nothing():
    page = render("404.html") + render("account/password_reset_done.html")
    config = json.loads(re.search(r'name="htmx-config" content=\'([^\']+)\'', page)[1])
    assert config["allowEval"] is False
    assert config["allowScriptTags"] is False
    assert config["selfRequestsOnly"] is True
    assert config["historyCacheSize"] == 0
    swapped = [rule["code"] for rule in config["responseHandling"] if rule["swap"]]
    assert not any(re.search(code, "500") or re.search(code, "503") for code in swapped)


@pytest.mark.parametrize("name", ["400.html", "403.html", "404.html", "429.html", "500.html"])
def test_a_page_of_trouble_names_the_request_and_a_next_step(name):
    page = render(name, request_id="01a1f929-0b44")
    assert "01a1f929-0b44" in page
    assert 'class="button primary" href="/' in page


def test_what_is_not_allowed_says_which_role_it_takes():
    assert "Only an Owner may do this. Nothing changed." in render(
        "403.html", error=PermissionError("Only an Owner may do this.")
    )
    assert "An Owner can do it" in render("403.html", error=PermissionError())


def test_the_page_for_our_own_faults_needs_no_request_and_no_account():
    page = render_to_string("500.html")
    assert "This is our fault" in page
    assert "<script" not in page


def test_a_form_that_does_not_validate_leads_to_each_field():
    form = KeyForm({})
    page = render("components/form.html", form=form, submit="Make the key")
    assert "Two things to mend" in page
    for target in ("id_name", "id_environment"):
        assert f'href="#{target}' in page
        assert re.search(rf'id="{target}(_0)?"', page)
    assert page.count("data-focus") == 1


def test_links_of_the_summary_point_at_ids_that_exist():
    page = render("components/form.html", form=KeyForm({}), submit="Make the key")
    targets = re.findall(r'href="#([^"]+)"', page)
    assert targets
    assert all(f'id="{target}"' in page for target in targets)


def test_a_label_given_by_a_user_is_escaped():
    page = render("components/breadcrumb.html", trail=[("/apps/", "<b>x</b>")], here="<i>y</i>")
    assert "&lt;b&gt;x" in page
    assert "<i>" not in page


@pytest.mark.parametrize("name", ["dark", "light"])
def test_a_theme_is_kept_and_the_reader_goes_back(name):
    response = choose_theme(RequestFactory().post("/theme/", {"theme": name, "next": "/apps/?status=409"}))
    assert response.headers["Location"] == "/apps/?status=409"
    assert response.cookies["theme"].value == name
    assert response.cookies["theme"]["httponly"]


@pytest.mark.parametrize("theme", ["system", "", "sepia", '"><script>'])
def test_any_other_theme_follows_the_system(theme):
    response = choose_theme(RequestFactory().post("/theme/", {"theme": theme}))
    assert response.cookies["theme"]["max-age"] == 0


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""])
def test_the_way_back_never_leaves_the_portal(target):
    response = choose_theme(RequestFactory().post("/theme/", {"theme": "dark", "next": target}))
    assert response.headers["Location"] == "/"


def test_the_stylesheet_is_folded_into_one_with_every_file_in_a_layer():
    folded = FoldedStylesheet(FileSystemStorage(ROOT / "static")).open("css/portal.css").read().decode()
    assert "@import" not in folded
    for part in STYLES.rglob("*.css"):
        if part.name != "portal.css" and not part.relative_to(STYLES).parts[0].startswith("staff"):
            assert part.read_text() in folded, part
    assert folded.count("{") == folded.count("}")


def test_every_icon_a_template_asks_for_is_drawn():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/icons/sprite.svg").read_text()))
    asked = {found for name in OURS for found in re.findall(r'{% icon "([\w-]+)"', (TEMPLATES / name).read_text())}
    assert asked
    assert asked <= drawn
