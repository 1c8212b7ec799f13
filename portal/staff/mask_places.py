"""Where a mask applies, as one choice: everywhere, an API, a version, or an operation of the plan's versions."""

from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError

from catalog.models import Api, Operation, Version
from plans.models import Mask, Plan

EVERYWHERE = ""


class Place(NamedTuple):
    """At most one of them is set; none means everywhere."""

    api: Api | None = None
    version: Version | None = None
    operation: Operation | None = None

    @property
    def key(self) -> str:
        """Its value in the form: kind and public id."""
        for kind in ("operation", "version", "api"):
            if target := getattr(self, kind):
                return f"{kind}:{target.public_id}"
        return EVERYWHERE


def place_of(mask: Mask) -> Place:
    """The narrowest axis of a mask; the wider ones follow from it."""
    if mask.operation_id:
        return Place(operation=mask.operation)
    return Place(version=mask.version) if mask.version_id else Place(api=mask.api)


class PlaceField(forms.ChoiceField):
    """Cleans to a Place. Offers what the plan covers, and where the mask stands now."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.places: dict[str, Place] = {}

    def offer(self, plan: Plan, mask: Mask) -> None:
        """Fill the choices: two queries."""
        operations = Operation.objects.filter(version__plans=plan).select_related("version__api")
        versions = list(plan.versions.select_related("api"))
        apis = {version.api: Place(api=version.api) for version in versions}
        wide = [Place(), *apis.values(), *(Place(version=version) for version in versions)]
        narrow = [Place(operation=operation) for operation in operations]
        here = place_of(mask)
        self.places = {place.key: place for place in [*wide, *narrow, here]}
        self.initial = here.key
        self.choices = [("Wide", [_choice(place) for place in wide]), *_by_version(narrow)]
        if here.key not in {place.key for place in [*wide, *narrow]}:
            self.choices.append(_choice(here))

    def clean(self, value: Any) -> Place:
        """Raises ValidationError for what is not offered."""
        key = super().clean(value)
        if key not in self.places:
            raise ValidationError("Choose one of the places.")
        return self.places[key]


def _choice(place: Place) -> tuple[str, str]:
    target = place.operation or place.version or place.api
    return place.key, str(target) if target else "Everywhere that the plan reaches"


def _by_version(places: list[Place]) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for place in places:
        groups.setdefault(str(place.operation.version), []).append(_choice(place))  # type: ignore[union-attr]
    return list(groups.items())
