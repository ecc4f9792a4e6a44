"""The researcher's pages over datasets, systems and runs."""

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from models_runner.models import Dataset, Document, Reference, Run, Summary, System
from models_runner.runs import lifecycle, overview
from models_runner.systems import catalog, listing
from models_runner.systems.leakage import LeakageError
from models_runner.systems.readiness import NotReadyError, system_needs
from models_runner.web.access import get_dataset, get_document, get_run, get_summary, get_system, researchers_only
from models_runner.web.forms import RunStartForm, SystemFilterForm

PAGE_SIZE = 50


def _page(request: HttpRequest, rows: QuerySet) -> Page:
    """The page asked for by ?page=; the nearest one there is, if that is none."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


@researchers_only
@require_safe
def dataset_list(request: HttpRequest) -> HttpResponse:
    datasets = Dataset.objects.annotate(document_count=Count("documents")).order_by("name")
    return render(request, "models_runner/dataset_list.html", {"page": _page(request, datasets)})


@researchers_only
@require_safe
def dataset_detail(request: HttpRequest, name: str) -> HttpResponse:
    dataset = get_dataset(request, name)
    page = _page(request, _documents_with_counts(dataset))
    runs = dataset.runs.select_related("system", "dataset").defer("environment")
    context = {"dataset": dataset, "page": page, "run_rows": overview.run_rows(runs)}
    return render(request, "models_runner/dataset.html", context)


def _documents_with_counts(dataset: Dataset) -> QuerySet[Document]:
    finished = Summary.objects.done().filter(document=OuterRef("pk")).order_by().values("document")
    return (
        dataset.documents.defer("metadata")
        .annotate(
            has_references=Exists(Reference.objects.filter(document=OuterRef("pk"))),
            summary_count=finished.annotate(n=Count("pk")).values("n"),
        )
        .order_by("position")
    )


@researchers_only
@require_safe
def document_detail(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_document(request, pk)
    original = request.GET.get("turns") == "original"
    transcript = document.transcript
    context = {
        "document": document,
        "dataset": document.dataset,
        "turns": overview.shown_turns(transcript.original_turns if original else transcript.turns),
        "original": original,
        "references": document.references.select_related("query"),
        "queries": document.queries.all(),
        "summaries": overview.summaries_of(document),
    }
    return render(request, "models_runner/document.html", context)


@researchers_only
@require_safe
def system_list(request: HttpRequest) -> HttpResponse:
    form = SystemFilterForm(request.GET)
    form.is_valid()
    rows = listing.listed_systems()
    shown = [row for row in rows if listing.SystemFilters(**form.cleaned_data).take(row)]
    context = {
        "form": form,
        "groups": listing.by_regime(shown),
        "total": len(rows),
        "shown": len(shown),
        "ready": sum(not row.missing for row in rows),
    }
    return render(request, "models_runner/system_list.html", context)


@researchers_only
@require_safe
def system_detail(request: HttpRequest, slug: str) -> HttpResponse:
    system = get_system(request, slug)
    # By name: a record of the catalogue that is not in the database has no id.
    runs = Run.objects.filter(system__slug=system.slug).select_related("system", "dataset").defer("environment")
    context = {
        "system": system,
        "needs": system_needs(system),
        "long_input": overview.long_input_words(system.long_input),
        "children": System.objects.filter(base__slug=system.slug).order_by("slug"),
        "run_rows": overview.run_rows(runs),
        "samples": overview.sample_summaries(system),
    }
    return render(request, "models_runner/system.html", context)


@researchers_only
@require_http_methods(["GET", "HEAD", "POST"])
def run_list(request: HttpRequest) -> HttpResponse:
    form = RunStartForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            system = catalog.ensure_system(form.cleaned_data.pop("system"))
            run = lifecycle.start_run(system, **form.cleaned_data)
        except (lifecycle.NothingToRunError, NotReadyError, LeakageError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"The run {run} is on its way.")
            return redirect(run)
    page = _page(request, Run.objects.select_related("system", "dataset").defer("environment"))
    splits = Document.objects.exclude(split="").order_by("split").values_list("split", flat=True).distinct()
    context = {"form": form, "splits": splits, "page": page, "run_rows": overview.run_rows(page)}
    return render(request, "models_runner/run_list.html", context)


@researchers_only
@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page, or the part of it that htmx asks for again while the run goes on."""
    run = get_run(request, pk)
    part = request.headers.get("HX-Target", "")
    context: dict[str, object] = {"run": run, "status": overview.run_status(run)}
    template = "models_runner/_run_status.html"
    if part != "run-status":
        context["page"] = _page(request, overview.excerpts(run.summaries.order_by("document__position", "pk")))
        template = "models_runner/_run_summaries.html" if part == "run-summaries" else "models_runner/run.html"
    response = render(request, template, context)
    # A part of a page must never come out of the browser's store as the page.
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@researchers_only
@require_safe
def summary_detail(request: HttpRequest, pk: int) -> HttpResponse:
    summary = get_summary(request, pk)
    context = {"summary": summary, "run": summary.run, "calls": summary.calls.all()}
    return render(request, "models_runner/summary.html", context)


@researchers_only
@require_POST
def run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_run(request, pk)
    lifecycle.cancel_run(run)
    messages.info(request, "Cancelled. What is done stays; resume whenever you like.")
    return redirect(run)


@researchers_only
@require_POST
def run_resume(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_run(request, pk)
    lifecycle.resume_run(run)
    messages.info(request, "Resumed: the cancelled summaries wait for a worker again.")
    return redirect(run)


@researchers_only
@require_POST
def run_retry(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_run(request, pk)
    lifecycle.retry_failed(run)
    messages.info(request, "The failed summaries wait for a worker again.")
    return redirect(run)
