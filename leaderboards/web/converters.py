"""Parts of addresses."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class VersionConverter(StringConverter):
    """Of a release. Anything else is not found, before a database that takes no NUL is asked for it."""

    regex = r"[0-9A-Za-z][0-9A-Za-z.-]*"


register_converter(VersionConverter, "version")
