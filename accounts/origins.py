"""Origins of web pages as forms and files give them."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from contract.origins import check_origins


def checked_origins(texts: Iterable[str], *, takes_any: bool = False) -> list[str]:
    """Origins in canonical form; `takes_any`: `*` may stand alone for all. Raises ValidationError."""
    try:
        return check_origins(texts, takes_any=takes_any)
    except ValueError as error:
        raise ValidationError({"cors_origins": f"{error}."}) from None
