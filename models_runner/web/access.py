"""Who may see datasets, documents, systems and runs: researchers, which for now means staff.

Every view loads its object through the helper here, so that no page can forget the rule.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django_htmx.http import HttpResponseClientRefresh

from models_runner.models import Dataset, Document, FineTuning, Run, Summary, System
from models_runner.systems import catalog

P = ParamSpec("P")


def is_researcher(user: AbstractBaseUser | AnonymousUser) -> bool:
    return bool(user.is_authenticated and user.is_active and getattr(user, "is_staff", False))


def check_researcher(request: HttpRequest) -> None:
    """Raises PermissionDenied; asked before an object is looked up, so that a refusal tells nothing about it."""
    if not is_researcher(request.user):
        raise PermissionDenied("This page is for researchers.")


def researchers_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Somebody who is not logged in may do so; somebody else is refused."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _ask_to_log_in(request)
        check_researcher(request)
        return view(request, *args, **kwargs)

    return checked


def _ask_to_log_in(request: HttpRequest) -> HttpResponseBase:
    if request.headers.get("HX-Request"):
        # A page that polls must not show the login form inside itself.
        return HttpResponseClientRefresh()
    # Only a page can be returned to: the address of a button answers no GET.
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")


def get_dataset(request: HttpRequest, name: str) -> Dataset:
    check_researcher(request)
    return get_object_or_404(Dataset, name=name)


def get_document(request: HttpRequest, pk: int) -> Document:
    """With its dataset and transcript."""
    check_researcher(request)
    return get_object_or_404(Document.objects.select_related("dataset", "transcript"), pk=pk)


def get_system(request: HttpRequest, slug: str) -> System:
    """With its base; an unsaved record if it is only in the catalogue."""
    check_researcher(request)
    if system := catalog.find_system(slug):
        return system
    raise Http404(f"There is no system {slug!r}.")


def get_finetuning(request: HttpRequest, name: str) -> FineTuning:
    """With its base, result and dataset."""
    check_researcher(request)
    return get_object_or_404(FineTuning.objects.select_related("base", "system", "dataset"), name=name)


def get_run(request: HttpRequest, pk: int) -> Run:
    """With its system and dataset."""
    check_researcher(request)
    return get_object_or_404(Run.objects.select_related("system", "dataset"), pk=pk)


def get_summary(request: HttpRequest, pk: int) -> Summary:
    """With its run, system, document and query."""
    check_researcher(request)
    return get_object_or_404(Summary.objects.select_related("run__system", "run__dataset", "document", "query"), pk=pk)
