"""Who may see datasets, documents, systems and runs: accounts whose role has the right run_models (accounts.rights).

Every view loads its object through a helper of this module, so that no page can forget the rule. What shows which
system wrote a text is loaded through get_texts_of_dataset, get_texts_of_run, get_summary or get_trial: they refuse
whoever rates these texts (blinding). Pages of a document, a run or a system show the rest to them.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from accounts.rights import rights_of
from lib.serving.login_gate import ask_to_log_in
from models_runner.models import Dataset, Document, FineTuning, ImportDraft, Run, Summary, System, Trial
from models_runner.systems import catalog
from models_runner.web.blinding import refuse_texts

P = ParamSpec("P")


def check_may_run_models(request: HttpRequest) -> None:
    """Raise PermissionDenied for who may not work with models.

    Call it before an object is looked up, so that a refusal tells nothing about the object.
    """
    if not rights_of(request.user).run_models:
        raise PermissionDenied("Only researchers can do this. Ask an administrator for that role.")


def researchers_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Open a view to who may run models: visitors are asked to log in, other accounts get 403."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return ask_to_log_in(request)
        check_may_run_models(request)
        return view(request, *args, **kwargs)

    return checked


def get_dataset(request: HttpRequest, name: str) -> Dataset:
    check_may_run_models(request)
    return get_object_or_404(Dataset, name=name)


def get_texts_of_dataset(request: HttpRequest, name: str) -> Dataset:
    """Load a dataset for who may see its references and which system wrote which summary."""
    dataset = get_dataset(request, name)
    refuse_texts(request, dataset.pk)
    return dataset


def get_document(request: HttpRequest, pk: int) -> Document:
    """Load a document with its dataset and transcript."""
    check_may_run_models(request)
    return get_object_or_404(
        Document.objects.filter(dataset__staged_by="").select_related("dataset", "transcript"), pk=pk
    )


def get_system(request: HttpRequest, slug: str) -> System:
    """Load a system with its base; an unsaved record if it is only in the catalogue."""
    check_may_run_models(request)
    if system := catalog.find_system(slug):
        return system
    raise Http404(f"There is no system {slug!r}.")


def get_finetuning(request: HttpRequest, name: str) -> FineTuning:
    """Load a fine-tuning with its base, result and dataset."""
    check_may_run_models(request)
    return get_object_or_404(FineTuning.objects.select_related("base", "system", "dataset"), name=name)


def get_run(request: HttpRequest, pk: int) -> Run:
    """Load a run with its system and dataset."""
    check_may_run_models(request)
    return get_object_or_404(Run.objects.select_related("system", "dataset"), pk=pk)


def get_texts_of_run(request: HttpRequest, pk: int) -> Run:
    """Load a run for who may see what its system wrote."""
    run = get_run(request, pk)
    refuse_texts(request, run.dataset_id)
    return run


def get_summary(request: HttpRequest, pk: int) -> Summary:
    """Load a summary with its run, system, document and query."""
    check_may_run_models(request)
    summaries = Summary.objects.select_related("run__system", "run__dataset", "document", "query")
    summary = get_object_or_404(summaries, pk=pk)
    refuse_texts(request, summary.run.dataset_id)
    return summary


def get_trial(request: HttpRequest, pk: int) -> Trial:
    """Load a trial with its document."""
    check_may_run_models(request)
    trial = get_object_or_404(Trial.objects.select_related("document"), pk=pk)
    if trial.document is not None:
        refuse_texts(request, trial.document.dataset_id)
    return trial


def get_import_draft(request: HttpRequest, public_id: UUID) -> ImportDraft:
    check_may_run_models(request)
    return get_object_or_404(ImportDraft, public_id=public_id)
