"""Addresses of the site as people open them."""

from urllib.parse import urlsplit, urlunsplit

from django.conf import settings


def site_address(path: str) -> str:
    """Return the whole address of a path as reverse gives it, with the prefix of a site that has one."""
    site = urlsplit(settings.SITE_URL)
    return urlunsplit((site.scheme, site.netloc, path, "", ""))
