"""Datasets with their documents, and summaries made elsewhere."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router

from api.gate.auth import READ, WRITE
from api.gate.errors import ApiError
from api.gate.paging import PageQuery, page_of_rows
from api.gate.streams import JSON_LINES_RESPONSE, json_lines_response
from api.gate.uploads import UPLOAD_BODY, uploaded_file
from api.resources.links import UPLOADED_DOCUMENTS_LINKS
from api.schemas.datasets import (
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
from models_runner.datasets.exports import document_rows
from models_runner.datasets.lookup import stored_split
from models_runner.importing.documents import import_path
from models_runner.importing.records import Terms
from models_runner.importing.summaries import COLUMNS, Defaults, import_summaries
from models_runner.models import Dataset, Document
from models_runner.runs.exports import summary_rows
from models_runner.web.access import check_may_run_models, get_dataset, get_texts_of_dataset

router = Router(tags=["datasets"])
DOCUMENT_UPLOAD = UPLOAD_BODY | UPLOADED_DOCUMENTS_LINKS


@router.get("/datasets", auth=READ, response={200: DatasetPage})
def list_datasets(request: HttpRequest, query: Query[PageQuery]) -> Any:
    """List every dataset, oldest first."""
    check_may_run_models(request)
    return page_of_rows(Dataset.objects.annotate(document_count=Count("documents")), query, "datasets", _dataset)


def _dataset(dataset: Any) -> DatasetOut:
    return DatasetOut(
        name=dataset.name,
        description=dataset.description,
        documents=dataset.document_count,
        created_at=dataset.created_at,
    )


@router.get("/datasets/{slug:name}", auth=READ, response={200: DatasetOut})
def read_dataset(request: HttpRequest, name: str) -> Any:
    """Read one dataset."""
    dataset = get_dataset(request, name)
    return _dataset(Dataset.objects.annotate(document_count=Count("documents")).get(pk=dataset.pk))


@router.get("/datasets/{slug:name}/documents", auth=READ, response={200: DocumentPage})
def list_documents(request: HttpRequest, name: str, query: Query[DocumentQuery]) -> Any:
    """List the documents of a dataset, without their transcripts."""
    dataset = get_dataset(request, name)
    documents = dataset.documents.defer("metadata")
    if query.split:
        documents = documents.filter(split=stored_split(dataset, query.split))
    return page_of_rows(documents, query, "documents", _document)


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
    "/datasets/{slug:name}/documents",
    auth=WRITE,
    response={200: UploadOut},
    openapi_extra=DOCUMENT_UPLOAD,
)
def upload_documents(request: HttpRequest, name: str, query: Query[UploadQuery]) -> Any:
    """Add documents to a dataset, which is created if it is new. All are added or none; repeats add nothing.

    Send JSON Lines or a JSON list, with the fields of docs/data-formats.md.
    """
    check_may_run_models(request)
    with uploaded_file(request) as path:
        terms = Terms(query.licence.strip(), query.redistributable)
        imported = import_path(
            name,
            path,
            "jsonl",
            split=query.split,
            language=query.language,
            terms=terms,
            by=request.user.get_username(),
        )
    return UploadOut(
        dataset=imported.dataset.name,
        added=imported.added,
        unchanged=imported.unchanged,
        without_reference=imported.without_reference,
    )


@router.get("/datasets/{slug:name}/export", auth=READ, response={200: None}, openapi_extra=JSON_LINES_RESPONSE)
def export_documents(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """Export the documents of a dataset as JSON Lines that can be uploaded again."""
    return json_lines_response(document_rows(get_texts_of_dataset(request, name).documents.order_by("position")))


@router.post(
    "/datasets/{slug:name}/summaries",
    auth=WRITE,
    response={200: list[SummariesOut]},
    openapi_extra=UPLOAD_BODY,
)
def upload_summaries(request: HttpRequest, name: str, query: Query[SummariesQuery]) -> Any:
    """Add summaries made elsewhere, by one or more systems. All are added or none; repeats add nothing."""
    dataset = get_dataset(request, name)
    with uploaded_file(request) as path:
        imported = import_summaries(path, dataset, Defaults(system=query.system, instruction=query.instruction))
    return [
        SummariesOut(
            run=part.run.pk,
            system=part.run.system.slug,
            added=part.added,
            unchanged=part.unchanged,
            withheld=part.withheld,
        )
        for part in imported
    ]


@router.get("/datasets/{slug:name}/summaries", auth=READ, response={200: None}, openapi_extra=JSON_LINES_RESPONSE)
def export_summaries(request: HttpRequest, name: str, query: Query[SummariesQuery]) -> StreamingHttpResponse:
    """Export finished summaries of one instruction as JSON Lines that can be uploaded again.

    Refused with `still_rating` to whoever rates summaries of this dataset, as is the export of its documents.
    """
    dataset = get_texts_of_dataset(request, name)
    if query.system and not dataset.runs.filter(system__slug=query.system).exists():
        message = f"{query.system} has no run over dataset {name}."
        raise ApiError(422, "unknown_system", message, field="system")
    return json_lines_response(
        {name: value for name, value in row.items() if name in COLUMNS and value is not None}
        for row in summary_rows(dataset)
        if row["instruction"] == query.instruction and query.system in ("", row["system"])
    )
