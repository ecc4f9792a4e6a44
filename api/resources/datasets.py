"""Datasets with their documents, and summaries that were made elsewhere."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router

from api.auth import READ, WRITE
from api.errors import ApiError
from api.links import UPLOADED
from api.paging import PageQuery, page_of
from api.schemas import (
    ERRORS,
    DatasetOut,
    DatasetPage,
    DocumentOut,
    DocumentPage,
    DocumentQuery,
    SummariesOut,
    SummariesQuery,
    UploadOut,
    UploadQuery,
)
from api.streams import LINES_ANSWER, lines
from api.uploads import BODY, uploaded
from models_runner.importing.documents import import_path
from models_runner.importing.summaries import COLUMNS, Defaults, import_summaries
from models_runner.models import Dataset, Document
from models_runner.runs.exports import summary_rows
from models_runner.web.access import check_staff, get_dataset

router = Router(tags=["datasets"])
UPLOAD = BODY | UPLOADED


@router.get("/datasets", auth=READ, response={200: DatasetPage, **ERRORS})
def list_datasets(request: HttpRequest, query: Query[PageQuery]) -> Any:
    """Every dataset."""
    check_staff(request)
    return page_of(Dataset.objects.annotate(document_count=Count("documents")), query, "datasets", _dataset)


def _dataset(dataset: Any) -> DatasetOut:
    return DatasetOut(
        name=dataset.name,
        description=dataset.description,
        documents=dataset.document_count,
        created_at=dataset.created_at,
    )


@router.get("/datasets/{slug:name}", auth=READ, response={200: DatasetOut, **ERRORS})
def read_dataset(request: HttpRequest, name: str) -> Any:
    """One dataset."""
    dataset = get_dataset(request, name)
    return _dataset(Dataset.objects.annotate(document_count=Count("documents")).get(pk=dataset.pk))


@router.get("/datasets/{slug:name}/documents", auth=READ, response={200: DocumentPage, **ERRORS})
def list_documents(request: HttpRequest, name: str, query: Query[DocumentQuery]) -> Any:
    """Its documents, without their transcripts."""
    documents = get_dataset(request, name).documents.defer("metadata")
    if query.split:
        documents = documents.filter(split=query.split)
    return page_of(documents, query, "documents", _document)


def _document(document: Document) -> DocumentOut:
    return DocumentOut(
        id=document.external_id,
        title=document.title,
        split=document.split,
        language=document.language,
        words=document.word_count,
        position=document.position,
    )


@router.post(
    "/datasets/{slug:name}/documents", auth=WRITE, response={200: UploadOut, **ERRORS}, openapi_extra=BODY | UPLOADED
)
def upload_documents(request: HttpRequest, name: str, query: Query[UploadQuery]) -> Any:
    """Add documents to a dataset, which is made if it is new. All of them or none; the same again adds nothing.

    The records are those of docs/data-formats.md: JSON Lines, or a JSON list.
    """
    check_staff(request)
    with uploaded(request) as path:
        done = import_path(name, path, "jsonl", split=query.split, language=query.language)
    return UploadOut(
        dataset=done.dataset.name,
        added=done.added,
        unchanged=done.unchanged,
        without_reference=done.without_reference,
    )


@router.get("/datasets/{slug:name}/export", auth=READ, response={200: None, **ERRORS}, openapi_extra=LINES_ANSWER)
def export_documents(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """Its documents as JSON Lines that can be uploaded again."""
    return lines(_records(get_dataset(request, name)))


def _records(dataset: Dataset) -> Iterator[dict[str, object]]:
    documents = dataset.documents.order_by("position").select_related("transcript")
    for document in documents.prefetch_related("references", "queries__references").iterator(chunk_size=50):
        whole = [reference for reference in document.references.all() if reference.query_id is None]
        by_length = {reference.instruction: reference.text for reference in whole if reference.instruction}
        yield {
            "id": document.external_id,
            "title": document.title,
            "language": document.language,
            "transcript": document.transcript.turns,
            "references": by_length or [reference.text for reference in whole],
            "queries": [
                {"query": query.text, "references": [reference.text for reference in query.references.all()]}
                for query in document.queries.all()
            ],
            "metadata": document.metadata,
        }


@router.post(
    "/datasets/{slug:name}/summaries", auth=WRITE, response={200: list[SummariesOut], **ERRORS}, openapi_extra=BODY
)
def upload_summaries(request: HttpRequest, name: str, query: Query[SummariesQuery]) -> Any:
    """Add summaries made elsewhere, by one or more systems. All of them or none; the same again adds nothing."""
    dataset = get_dataset(request, name)
    with uploaded(request) as path:
        done = import_summaries(path, dataset, Defaults(system=query.system, instruction=query.instruction))
    return [
        SummariesOut(run=one.run.pk, system=one.run.system.slug, added=one.added, unchanged=one.unchanged)
        for one in done
    ]


@router.get("/datasets/{slug:name}/summaries", auth=READ, response={200: None, **ERRORS}, openapi_extra=LINES_ANSWER)
def export_summaries(request: HttpRequest, name: str, query: Query[SummariesQuery]) -> StreamingHttpResponse:
    """Finished summaries under one instruction as JSON Lines that can be uploaded again under another system's name."""
    dataset = get_dataset(request, name)
    if query.system and not dataset.runs.filter(system__slug=query.system).exists():
        message = f"{query.system} has no run over dataset {name}."
        raise ApiError(422, "unknown_system", message, field="system")
    return lines(
        {field: row[field] for field in COLUMNS if row.get(field) is not None}
        for row in summary_rows(dataset)
        if row["instruction"] == query.instruction and query.system in ("", row["system"])
    )
