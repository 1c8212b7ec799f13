"""Where an action leads."""

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """303 (RFC 9110, section 15.4.4): the answer to a POST stands elsewhere, to be read with GET."""

    status_code = 303


def see_other(path: str) -> SeeOther:
    """The answer of every action that went well."""
    return SeeOther(path)
