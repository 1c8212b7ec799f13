"""The form of an operation: a field for each parameter, the body, and the word that it may be sent."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from portal.trying.inputs import Given
from portal.trying.json_places import NotJson, read_json

MOST_CHARACTERS = 2_000
MOST_BODY_BYTES = 64 * 1024
_CONTROL = {*map(chr, range(32)), "\x7f"}
_LINES = {"\n", "\r"}
#: Encoded or not, the gateways take these in a path for somebody's attempt at another path.
_NOT_IN_PATHS = "/\\;"


class TryForm(forms.Form):
    """Made for one operation. `refused` maps names of query parameters to why the plan refuses them; `medias` are
    media types of the body with an example each; `confirmation` is what has to be agreed to, "" for nothing."""

    def __init__(
        self,
        givens: Sequence[Given],
        data: Mapping[str, Any] | None = None,
        *,
        medias: Mapping[str, str],
        needs_body: bool,
        refused: Mapping[str, str],
        confirmation: str,
    ) -> None:
        super().__init__(data)
        self._medias = list(medias)
        self.givens = {f"{one.place}-{number}": one for number, one in enumerate(givens)}
        for name, one in self.givens.items():
            self.fields[name] = _field(one, refused.get(one.name, "") if one.place == "query" else "")
        if medias:
            self._add_body(medias, needs_body)
        if confirmation:
            self.fields["confirmed"] = forms.BooleanField(
                label=confirmation, error_messages={"required": "Tick it, so that it is sent."}
            )

    def _add_body(self, medias: Mapping[str, str], needs_body: bool) -> None:
        if len(medias) > 1:
            choices = [(name, name) for name in medias]
            self.fields["content_type"] = forms.ChoiceField(label="Type of the body", choices=choices)
        self.fields["body"] = forms.CharField(
            label="Body",
            required=needs_body,
            initial=next(iter(medias.values())),
            strip=False,
            widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "mono"}),
        )

    def clean(self) -> dict[str, Any]:
        """Each value as it will be written; what is wrong stands at its field."""
        for name, one in self.givens.items():
            if name in self.cleaned_data:
                self._clean_one(name, one)
        if self.cleaned_data.get("body"):
            self._judge("body", _checked_body, self.cleaned_data["body"])
        return self.cleaned_data

    def _clean_one(self, name: str, one: Given) -> None:
        self._judge(name, lambda text: _value(one, text), self.cleaned_data[name])

    def _judge(self, name: str, check: Any, text: Any) -> None:
        try:
            self.cleaned_data[name] = check(text)
        except (ValidationError, NotJson) as error:
            self.add_error(name, error.messages if isinstance(error, ValidationError) else str(error))

    @property
    def body_type(self) -> str:
        """The media type of the body."""
        return str(self.cleaned_data.get("content_type") or self._medias[0])

    def field_of(self, place: str, name: str) -> str | None:
        """The field of a parameter; header names are compared without case."""
        for field, one in self.givens.items():
            if one.place == place and (one.name == name or (place == "header" and one.name.lower() == name.lower())):
                return field
        return place if place == "body" and "body" in self.fields else None


def _field(one: Given, refused: str) -> forms.Field:
    is_needed = one.is_required and not refused
    initial = one.example if is_needed else ""
    shared: dict[str, Any] = {
        "label": one.name,
        "required": is_needed,
        "disabled": bool(refused),
        "help_text": refused or _hint(one),
    }
    choices = [(each, each) for each in one.choices]
    if one.kind == "list" and choices:
        chosen = [each for each in initial.split("\n") if each]
        return forms.MultipleChoiceField(choices=choices, initial=chosen, widget=forms.CheckboxSelectMultiple, **shared)
    if choices:
        nothing = [] if is_needed else [("", "not sent")]
        return forms.ChoiceField(choices=[*nothing, *choices], initial=initial, **shared)
    return forms.CharField(max_length=MOST_CHARACTERS, strip=False, initial=initial, widget=_widget(one), **shared)


def _widget(one: Given) -> forms.Widget:
    attrs = {"class": "mono", "spellcheck": "false", "autocomplete": "off"}
    if one.kind in ("list", "json"):
        return forms.Textarea(attrs=attrs | {"rows": 3})
    return forms.TextInput(attrs=attrs | ({"inputmode": "decimal"} if one.kind == "number" else {}))


def _hint(one: Given) -> str:
    """`list of integer, in the query; one a line. Default 5.`"""
    words = [one.type, {"path": "in the path", "query": "in the query", "header": "header"}[one.place]]
    if one.kind == "list" and not one.choices:
        words.append("one a line")
    elif one.kind == "json":
        words.append("as JSON")
    told = f"{', '.join(words)}."
    if one.default:
        return f"{told} Default {one.default}."
    is_worth_saying = (
        one.is_told and one.example and not one.choices and not one.is_required and "\n" not in one.example
    )
    return f"{told} Such as {one.example}" if is_worth_saying else told


def _value(one: Given, given: Any) -> Any:
    """What is to be written; "" for what is not sent. Raises ValidationError and NotJson."""
    if one.kind == "list":
        parts = given if isinstance(given, list) else [line for line in given.splitlines() if line]
        return [_checked_text(one, part) for part in parts] or ""
    if one.kind == "json" and given:
        value = read_json(given)
        _checked_text(one, given if one.is_document else "", allowed=_LINES)
        return given if one.is_document else _checked_parts(one, value)
    return _checked_text(one, given)


def _checked_parts(one: Given, value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValidationError('Write a JSON object, such as {"name": "value"}.')
    for part in (*value, *(each for each in value.values() if isinstance(each, str))):
        _checked_text(one, part)
    if not _is_unicode(value):
        raise ValidationError("Half a character cannot be sent here.")
    return value


def _is_unicode(value: Any) -> bool:
    """JSON can name halves of characters, which are none by themselves."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _checked_text(one: Given, text: str, allowed: set[str] | None = None) -> str:
    """Raises ValidationError for what would not arrive as it stands here."""
    if (_CONTROL - (allowed or set())) & set(text):
        raise ValidationError("Control characters cannot be sent here.")
    if one.place == "path" and (set(_NOT_IN_PATHS) & set(text) or text in (".", "..")):
        raise ValidationError("A part of the path cannot be . or .. and cannot contain / \\ or ;")
    if one.place == "header" and not (text.isascii() and text == text.strip()):
        raise ValidationError("A header takes ASCII characters, without spaces around them.")
    return text


def _checked_body(text: str) -> str:
    if len(text.encode()) > MOST_BODY_BYTES:
        raise ValidationError(f"Send at most {MOST_BODY_BYTES // 1024} KiB from here.")
    read_json(text)
    return text
