"""Pages of datasets and their documents."""

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from models_runner.models import Dataset, Document, Reference, Summary
from models_runner.runs import overview
from models_runner.web.access import get_dataset, get_document, staff_only
from models_runner.web.paging import requested_page


@staff_only
@require_safe
def dataset_list(request: HttpRequest) -> HttpResponse:
    datasets = Dataset.objects.annotate(document_count=Count("documents")).order_by("name")
    return render(request, "models_runner/dataset_list.html", {"page": requested_page(request, datasets)})


@staff_only
@require_safe
def dataset_detail(request: HttpRequest, name: str) -> HttpResponse:
    dataset = get_dataset(request, name)
    page = requested_page(request, _documents_with_counts(dataset))
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


@staff_only
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
