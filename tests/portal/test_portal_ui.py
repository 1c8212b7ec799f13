"""What the template tags draw."""

from datetime import UTC, datetime

import pytest
from django import forms
from django.utils import timezone

from portal.templatetags import portal_ui


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (200, "ok", "200 OK"),
        (304, "info", "304 Not modified"),
        (429, "warn", "429 Too many"),
        (502, "critical", "502 Bad gateway"),
        (599, "critical", "599"),
        (None, "quiet", "Unknown"),
    ],
)
def test_a_status_is_a_word_with_an_icon(code, kind, words):
    drawn = portal_ui.status(code)
    assert f'class="status {kind}"' in drawn
    assert drawn.endswith(f"</svg>{words}</span>")


def test_states_differ_in_the_outline_of_their_icon():
    drawings = {portal_ui.state(kind, "x").split("#")[1].split('"')[0] for kind in ("ok", "warn", "critical", "info")}
    assert len(drawings) == 4


def test_hostile_text_is_escaped_everywhere():
    hostile = "<script>/&'\""
    for drawn in (
        portal_ui.state("ok", hostile),
        portal_ui.badge("live", hostile),
        portal_ui.icon(hostile),
        portal_ui.operation(hostile, hostile),
    ):
        assert "<script" not in drawn.lower()


def test_a_path_may_break_after_each_slash():
    assert portal_ui.breakable("/v2/patients/{id}") == "/<wbr>v2/<wbr>patients/<wbr>{id}"
    assert portal_ui.breakable("") == ""


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (portal_ui.number(1234567), "1,234,567"),
        (portal_ui.number(0), "0"),
        (portal_ui.number(None), "–"),
        (portal_ui.per_cent(4339, 4412), "98.3 %"),
        (portal_ui.per_cent(1, 0), "–"),
        (portal_ui.milliseconds(64), "64 ms"),
        (portal_ui.milliseconds(1250), "1.25 s"),
        (portal_ui.milliseconds(125_000), "125 s"),
        (portal_ui.milliseconds(12_345_678), "12,346 s"),
        (portal_ui.size_bytes(318), "318 B"),
        (portal_ui.size_bytes(1_536), "1.54 kB"),
        (portal_ui.size_bytes(5 * 10**15), "5,000 TB"),
        (portal_ui.initials("Amina Yusuf"), "AY"),
        (portal_ui.initials("amina.yusuf@harbour.example"), "AY"),
        (portal_ui.initials(""), ""),
    ],
)
def test_numbers_and_names_read_as_people_write_them(drawn, expected):
    assert drawn == expected


def test_a_time_stands_in_the_reader_s_zone():
    with timezone.override("Europe/Berlin"):
        drawn = portal_ui.clock(datetime(2026, 11, 20, 13, 31, 58, tzinfo=UTC))
    assert drawn == '<time datetime="2026-11-20T14:31:58+01:00">14:31:58</time>'
    assert portal_ui.moment(None) == "–"


class Sample(forms.Form):
    name = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "Name of it"}), help_text="What it is.")
    plan = forms.ChoiceField(choices=[("free", "Free")])
    hint = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "203.0.113.0/24"}))


def test_a_control_names_its_hint_and_its_error():
    drawn = portal_ui.control(Sample({})["name"], **{"class": "mono"})
    assert 'class="input mono"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="id_name_helptext id_name_error"' in drawn


def test_a_placeholder_that_repeats_the_label_is_left_out():
    assert "placeholder" not in portal_ui.control(Sample()["name"])
    assert 'placeholder="203.0.113.0/24"' in portal_ui.control(Sample()["hint"])


def test_a_choice_from_a_list_has_its_arrow():
    assert portal_ui.control(Sample()["plan"]).startswith('<span class="select"><select name="plan" class="input"')
