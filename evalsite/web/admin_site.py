"""The admin site for operators: what an address asks for and no list can look up is a bad request, not a fault."""

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.defaults import bad_request

logger = logging.getLogger(__name__)


class OperatorsSite(AdminSite):
    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Wrap a view. A list may find only when it asks the database, or is rendered, that a year or day is none."""
        usual = super().admin_view(view, cacheable)

        def careful(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                response: HttpResponseBase = usual(request, *args, **kwargs)
                return response.render() if isinstance(response, SimpleTemplateResponse) else response
            except (ValueError, OverflowError, DataError) as error:
                if request.method != "GET" or not request.GET:
                    raise
                logger.warning("the admin site cannot look up %s: %s", sorted(request.GET), error)
                return bad_request(request, error)

        return careful

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send people to the site's own login, which has the limits, the second step and the login provider."""
        if request.user.is_authenticated:
            raise PermissionDenied("The admin site is for accounts with the flag staff status.")
        from django.contrib.auth.views import redirect_to_login  # needs the apps, which are not loaded yet

        return redirect_to_login(request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index"))


class OperatorsAdminConfig(AdminConfig):
    default_site = "evalsite.web.admin_site.OperatorsSite"
