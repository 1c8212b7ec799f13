"""Methods and path templates of OpenAPI."""

import re

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PARAMETER = re.compile(r"\{([^{}]*)\}")


def shape_of(path: str) -> str:
    """The path with its parameters' names taken out: two paths of one shape are the same to a caller."""
    return _PARAMETER.sub("{}", path)


def parameters_in(path: str) -> list[str]:
    """The names of a path's parameters, in order."""
    return _PARAMETER.findall(path)
