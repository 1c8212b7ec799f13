"""The query parameters that a mask forbids, as far as documents know them."""

from typing import Any

from django.core.exceptions import ValidationError

from catalog.models import Operation
from plans.models import Mask

MOST_PARAMETERS = 20
_LONGEST_NAME = 100


def checked_parameters(mask: Mask) -> list[str]:
    """The names, each once. Raises ValidationError for one that no document within the mask's reach has."""
    names = mask.parameters
    if not isinstance(names, list) or not all(_is_name(name) for name in names):
        raise ValidationError({"parameters": "Parameters are a list of names such as email or filter[email]."})
    if len(names) > MOST_PARAMETERS:
        raise ValidationError({"parameters": f"A mask forbids at most {MOST_PARAMETERS} parameters."})
    if names:
        _refuse_unknown(mask, names)
    return list(dict.fromkeys(names))


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and all("!" <= char <= "~" for char in name)


def _refuse_unknown(mask: Mask, names: list[str]) -> None:
    """A document without rules cannot be asked, so it is believed."""
    rules = list(_within(mask).defer(None).values_list("request_rules", flat=True))
    known = {one["name"] for each in rules if each for one in each.get("parameters", ()) if one["place"] == "query"}
    unknown = [name for name in names if not {name, name.partition("[")[0]} & known]
    if unknown and None not in rules:
        has = f"there are {', '.join(sorted(known)[:20])}" if known else "there is none"
        raise ValidationError({"parameters": f"No operation here has a query parameter {unknown[0]!r}; {has}."})


def _within(mask: Mask) -> Any:
    if mask.operation_id:
        return Operation.objects.filter(pk=mask.operation_id)
    operations = Operation.objects.filter(version__plans=mask.plan)
    if mask.version_id:
        return Operation.objects.filter(version=mask.version_id)
    return operations.filter(version__api=mask.api_id) if mask.api_id else operations
