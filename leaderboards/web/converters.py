"""Path converters: parts of addresses."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class VersionConverter(StringConverter):
    """The version of a release. Anything else is not found without a query: PostgreSQL refuses NUL in text."""

    regex = r"[0-9A-Za-z][0-9A-Za-z.-]*"


register_converter(VersionConverter, "version")
