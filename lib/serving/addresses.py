"""Addresses of the site as people open them."""

from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest


def site_address(path: str) -> str:
    """Return the whole address of a path as reverse gives it, with the prefix of a site that has one."""
    site = urlsplit(settings.SITE_URL)
    return urlunsplit((site.scheme, site.netloc, path, "", ""))


def address_for(request: HttpRequest, path: str) -> str:
    """Return the whole address of a path for who asks: by SITE_URL where it is set, else by the name they came by.

    What a proxy passes on of that name may lack the port.
    """
    return site_address(path) if settings.SITE_URL_GIVEN else request.build_absolute_uri(path)


def page_before(request: HttpRequest) -> str:
    """Return the path of the page of this site from which a form was sent; "" where the browser does not say."""
    page = urlsplit(request.headers.get("Referer", ""))
    return urlunsplit(("", "", page.path, page.query, "")) if page.netloc == request.get_host() else ""
