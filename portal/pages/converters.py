"""What stands in addresses for ids: anything else leads nowhere, and no database is asked."""

from django.urls.converters import StringConverter


class NameConverter(StringConverter):
    """A public id or a request id."""

    regex = r"[A-Za-z0-9._-]{1,64}"
