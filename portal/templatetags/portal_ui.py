"""What every page draws alike: icons, states in words, operations, numbers, times, form controls."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, FileInput, Select, SelectMultiple
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

STATUS_KINDS = {2: ("ok", "ok"), 3: ("info", "info"), 4: ("warn", "warn"), 5: ("critical", "stop")}
STATUS_WORDS = {429: "Too many", 504: "Timed out"}
KIND_ICONS = {"ok": "ok", "live": "live", "info": "info", "warn": "warn", "critical": "stop", "test": "test"}
BYTE_UNITS = ("B", "kB", "MB", "GB", "TB")
SPAN_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


@register.simple_tag
def icon(name: str) -> SafeString:
    """The drawing called `name` in the sprite, hidden from screen readers: a word always stands beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons/sprite.svg"), name
    )


@register.simple_tag
def status(code: int | None) -> SafeString:
    """An HTTP status code as icon, number and word; None is a call whose outcome is not known."""
    if not code:
        return state("quiet", "Unknown", "none")
    kind, drawing = STATUS_KINDS.get(code // 100, ("quiet", "none"))
    return state(kind, f"{code} {_status_word(code)}".strip(), drawing)


def _status_word(code: int) -> str:
    try:
        return STATUS_WORDS.get(code) or HTTPStatus(code).phrase.capitalize().replace("Ok", "OK")
    except ValueError:
        return ""


@register.simple_tag
def state(kind: str, text: str, drawing: str = "") -> SafeString:
    """A word with its icon; `kind` is ok, info, warn, critical or quiet."""
    return format_html('<span class="status {}">{}{}</span>', kind, icon(drawing or KIND_ICONS.get(kind, "wait")), text)


@register.simple_tag
def badge(kind: str, text: str, drawing: str = "") -> SafeString:
    """A framed word beside a title; `kind` is live, test, warn, critical or quiet."""
    return format_html('<span class="badge {}">{}{}</span>', kind, icon(drawing or KIND_ICONS.get(kind, "info")), text)


@register.simple_tag
def operation(method: str, path: str) -> SafeString:
    """Method and path in two columns; the path may break before each of its parts."""
    return format_html(
        '<span class="op"><b class="method">{}</b> <span class="path">{}</span></span>', method.upper(), breakable(path)
    )


@register.filter
def breakable(path: str) -> SafeString:
    """`/v2/patients/{id}` with leave to break a line after each slash."""
    head, *parts = path.split("/")
    return format_html("{}{}", head, format_html_join("", "/<wbr>{}", ((part,) for part in parts)))


@register.filter
def number(value: float | None) -> str:
    """12345.6 → "12,345.6"; None → "–"."""
    return "–" if value is None else f"{value:,}"


@register.filter
def per_cent(part: float, whole: float) -> str:
    """The share of `part` in `whole`: "98.3 %"; "–" when there is no whole."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


@register.filter
def milliseconds(value: float | None) -> str:
    """1250 → "1.25 s", 64 → "64 ms"."""
    if value is None:
        return "–"
    if 0 < value < 1:
        return "< 1 ms"
    return f"{_three_digits(value / 1000)} s" if value >= 1000 else f"{value:.0f} ms"


@register.filter
def microseconds(value: float | None) -> str:
    """1250000 → "1.25 s": calls are measured in microseconds and read in milliseconds."""
    return milliseconds(None if value is None else value / 1000)


@register.filter
def size_bytes(value: float | None) -> str:
    """1536 → "1.54 kB", in powers of 1,000."""
    if value is None:
        return "–"
    for unit in BYTE_UNITS[:-1]:
        if value < 1000:
            return f"{_three_digits(value)} {unit}"
        value /= 1000
    return f"{_three_digits(value)} {BYTE_UNITS[-1]}"


def _three_digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


@register.filter
def clock(value: datetime | None) -> SafeString | str:
    """14:31:58 in the reader's zone."""
    return _time(value, "H:i:s")


@register.filter
def day(value: datetime | None) -> SafeString | str:
    """20 Nov 2026 in the reader's zone."""
    return _time(value, "j M Y")


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """20 Nov 2026, 14:31 in the reader's zone."""
    return _time(value, "j M Y, H:i")


@register.filter
def call_time(value: datetime | None) -> SafeString | str:
    """14:31:58 for today, 20 Nov, 14:31:58 before, in the reader's zone."""
    is_today = value is not None and timezone.localdate(value) == timezone.localdate()
    return _time(value, "H:i:s" if is_today else "j M, H:i:s")


@register.filter
def short_day(value: datetime | None) -> SafeString | str:
    """20 Nov, with the year where it is another one."""
    is_this_year = value is not None and timezone.localdate(value).year == timezone.localdate().year
    return _time(value, "j M" if is_this_year else "j M Y")


def _time(value: datetime | None, how: str) -> SafeString | str:
    if value is None:
        return "–"
    local = timezone.localtime(value)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), date_format(local, how))


@register.filter
def elapsed(value: timedelta | None) -> str:
    """A span of time by its two largest units: "1 min 46 s", "3 d 4 h"; "0 s" at least."""
    if value is None:
        return "–"
    seconds, parts = max(0, int(value.total_seconds())), []
    for unit, length in SPAN_UNITS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


@register.filter
def ago(value: datetime | None) -> SafeString | str:
    """How long ago by the largest unit: "4 s ago"; "never" for None."""
    if value is None:
        return "never"
    seconds = max(0, int((timezone.now() - value).total_seconds()))
    unit, length = next(((unit, length) for unit, length in SPAN_UNITS if seconds >= length), SPAN_UNITS[-1])
    moment = timezone.localtime(value).isoformat(timespec="seconds")
    return format_html('<time datetime="{}">{} {} ago</time>', moment, seconds // length, unit)


@register.filter
def initials(name: str) -> str:
    """Two letters for the round badge: "Amina Yusuf" → "AY", "amina.yusuf@…" → "AY"."""
    words = str(name).split("@")[0].replace(".", " ").replace("_", " ").replace("-", " ").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.simple_tag
def control(field: BoundField, **attrs: Any) -> SafeString:
    """A form field's widget in our look. Attributes are given with `_` for `-`."""
    widget = field.field.widget
    given = {name.replace("_", "-"): value for name, value in attrs.items()}
    if _repeats_label(field):
        given["placeholder"] = False
    if isinstance(widget, CheckboxInput | FileInput):
        return field.as_widget(attrs=given)
    given["class"] = " ".join(filter(None, ("input", widget.attrs.get("class"), given.get("class"))))
    drawn = field.as_widget(attrs=given)
    if isinstance(widget, Select) and not isinstance(widget, SelectMultiple):
        return format_html('<span class="select">{}{}</span>', drawn, icon("down"))
    return drawn


def _repeats_label(field: BoundField) -> bool:
    placeholder = field.field.widget.attrs.get("placeholder", "")
    return placeholder.lower().startswith(field.label.lower())


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)
