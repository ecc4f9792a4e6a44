"""Pages of datasets and their documents."""

import json

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from lib.serving.once import leads_on
from lib.text.translated import verbatim
from models_runner.datasets.changes import KeptError, delete_unused, rename_dataset
from models_runner.datasets.turns import shown_turns
from models_runner.models import Dataset, Document, Reference, Summary, Transcript
from models_runner.runs import overview
from models_runner.runs.shown_summaries import summaries_of
from models_runner.web.access import get_dataset, get_document, researchers_only
from models_runner.web.blinding import refusals, texts_are_shown
from models_runner.web.paging import requested_page

MOST_WORDS = 8


@researchers_only
@require_safe
def dataset_list(request: HttpRequest) -> HttpResponse:
    datasets = Dataset.objects.annotate(document_count=Count("documents")).order_by("name")
    return render(request, "models_runner/dataset_list.html", {"page": requested_page(request, datasets)})


@researchers_only
@require_safe
def dataset_detail(request: HttpRequest, name: str) -> HttpResponse:
    dataset = get_dataset(request, name)
    query = request.GET.get("q", "").strip()
    page = requested_page(request, _matching(_documents_with_counts(dataset), query))
    runs = dataset.runs.select_related("system", "dataset").defer("environment")
    context = {"dataset": dataset, "page": page, "query": query, "run_rows": overview.run_rows(runs)}
    return render(request, "models_runner/dataset.html", context)


def _matching(documents: QuerySet[Document], query: str) -> QuerySet[Document]:
    """Select documents with these words, each in the id, the title, the split or what was said."""
    said = Transcript.objects.filter(document=OuterRef("pk")).annotate(said=Cast("turns", TextField()))
    for word in query.split()[:MOST_WORDS]:
        # SQLite keeps JSON with characters outside ASCII escaped, PostgreSQL as they are.
        in_turns = said.filter(Q(said__icontains=word) | Q(said__icontains=json.dumps(word)[1:-1]))
        documents = documents.filter(
            Q(external_id__icontains=word) | Q(title__icontains=word) | Q(split__iexact=word) | Exists(in_turns)
        )
    return documents


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
    refusal = refusals(request).get(document.dataset_id)
    if refusal is None:
        texts_are_shown(request, {document.dataset_id})
    context = {
        "document": document,
        "dataset": document.dataset,
        "turns": shown_turns(transcript.original_turns if original else transcript.turns),
        "original": original,
        "queries": document.queries.all(),
        "refusal": refusal,
        "summary_count": document.summaries.done().count() if refusal else 0,
        "references": [] if refusal else document.references.select_related("query"),
        "summaries": [] if refusal else summaries_of(document),
    }
    return render(request, "models_runner/document.html", context)


@leads_on("datasets")
@researchers_only
@require_POST
def dataset_rename(request: HttpRequest, name: str) -> HttpResponse:
    dataset = get_dataset(request, name)
    try:
        rename_dataset(dataset, request.POST.get("name", ""))
    except KeptError as error:
        messages.error(request, str(error))
        return redirect("dataset", name)
    messages.success(request, f"{verbatim(name)} is {verbatim(dataset.name)} now.")
    return redirect(dataset)


@leads_on("datasets")
@researchers_only
@require_POST
def dataset_delete(request: HttpRequest, name: str) -> HttpResponse:
    dataset = get_dataset(request, name)
    try:
        delete_unused(dataset)
    except KeptError as error:
        messages.error(request, str(error))
        return redirect(dataset)
    messages.success(request, f"The dataset {verbatim(name)} is deleted.")
    return redirect("datasets")


@leads_on("datasets")
@researchers_only
@require_POST
def document_delete(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_document(request, pk)
    try:
        delete_unused(document)
    except KeptError as error:
        messages.error(request, str(error))
        return redirect(document)
    messages.success(request, f"The document {verbatim(document.external_id)} is deleted.")
    return redirect(document.dataset)
