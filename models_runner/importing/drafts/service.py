"""Keep an upload until it is imported: its files in a folder, its options and corrections in a row."""

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from lib.files import replace_bytes_when_complete
from lib.names import normal_form
from lib.storage.bucket import DamagedFileError
from lib.storage.shared import Shared, delete_old_copies
from models_runner.importing.documents import ImportResult, import_documents
from models_runner.importing.drafts.corrections import (
    Corrections,
    corrected,
    is_left_out,
    places_of,
    problems_of,
    speakers_of,
)
from models_runner.importing.field_map.mapping import parse_map
from models_runner.importing.files import SourceFile
from models_runner.importing.preview import FilePreview, ImportPreview, preview_import
from models_runner.importing.reading import Missing, ReadOptions
from models_runner.importing.records import DatasetImportError, ImportedRecord, RecordError, Terms
from models_runner.models import Dataset, ImportDraft
from models_runner.models.drafts import KEPT, UPLOADS

PASTED = "pasted.txt"
SEAL_BYTES = 32


@dataclass(frozen=True)
class DraftPreview:
    """What an import draft would store.

    Attributes:
        read: What the files hold, as it was read.
        documents: The documents with the corrections.
        places: The place of each of these documents.
        left_out: Documents that are left out, as they were found, with their places.
        speakers: Turns by speaker, as they were found.
        problems: Why it cannot be imported; empty if it can.
    """

    read: ImportPreview
    documents: list[ImportedRecord]
    speakers: dict[str, int]
    problems: list[str]
    places: list[str] = field(default_factory=list)
    left_out: list[tuple[str, ImportedRecord]] = field(default_factory=list)


@transaction.atomic
def start_draft(
    files: Sequence[UploadedFile], pasted: str, options: Mapping[str, Any], by: User, *, pasted_name: str = ""
) -> ImportDraft:
    """Keep uploaded files and a pasted text for a preview; drafts older than a day are deleted."""
    discard(ImportDraft.objects.filter(created_at__lt=timezone.now() - KEPT))
    delete_old_copies(UPLOADS, KEPT)
    names = [str(file.name) for file in files] + ([pasted_name or PASTED] if pasted else [])
    draft = ImportDraft.objects.create(file_names=names, options=dict(options), created_by=by.get_username())
    draft.folder.mkdir(parents=True)
    try:
        for number, file in enumerate(files):
            with (draft.folder / str(number)).open("wb") as target:
                for chunk in file.chunks():
                    target.write(chunk)
        if pasted:
            (draft.folder / str(len(files))).write_text(pasted, encoding="utf-8", newline="")
        draft.shared.keep(with_copy=True)
    except BaseException:
        shutil.rmtree(draft.folder, ignore_errors=True)
        raise
    return draft


def discard(drafts: Iterable[ImportDraft]) -> None:
    for draft in drafts:
        draft.shared.delete()
        draft.delete()


def read_options(options: Mapping[str, Any]) -> ReadOptions:
    """Return how to read, from the form's values. Raises RecordError if the map of columns is wrong."""
    return ReadOptions(
        format=options["format"],
        fields=parse_map(line for line in options.get("map", "").splitlines() if line.strip()),
        language=options["language"],
        encoding=options.get("encoding", ""),
        sheet=options.get("sheet", ""),
        split=options.get("split", ""),
        missing=Missing(options.get("missing") or Missing.ASK),
    )


def read_files(draft: ImportDraft, *, read: Callable[[], object] = lambda: None) -> ImportPreview:
    """Read the files of an upload. read: Called after each of them."""
    folder = draft.shared.fetch()
    sources = [SourceFile(name, path=folder / str(number)) for number, name in enumerate(draft.file_names)]
    try:
        return preview_import(sources, read_options(draft.options), read=read)
    except RecordError as error:
        return ImportPreview([FilePreview("", "", "", problems=[str(error)])])


def preview_draft(draft: ImportDraft) -> DraftPreview:
    """Read the files, or what a worker read of them, and correct that; stores nothing."""
    read = saved_read(draft) or read_files(draft)
    found = [replace(record, split=record.split or file.split) for file in read.files for record in file.documents]
    corrections = Corrections(**draft.corrections)
    documents = corrected(found, corrections)
    problems = read.problems + problems_of(corrections) + _repeated_ids(documents)
    if not documents and not problems:
        problems = ["There are no documents left to import."]
    placed = list(zip(places_of(found), found, strict=True))
    left_out = [(place, record) for place, record in placed if is_left_out(record, place, corrections)]
    places = [place for place, record in placed if not is_left_out(record, place, corrections)]
    return DraftPreview(read, documents, speakers_of(read.documents), problems, places, left_out)


def _place_of_read(draft: ImportDraft) -> Shared:
    """Return where what was read with these options is kept."""
    options = {
        name: value for name, value in draft.options.items() if name not in ("name", "licence", "redistributable")
    }
    digest = hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()
    return Shared(f"{draft.shared.name}/read-{digest}")


def save_read(draft: ImportDraft, read: ImportPreview) -> None:
    place, content = _place_of_read(draft), pickle.dumps(read, pickle.HIGHEST_PROTOCOL)
    with replace_bytes_when_complete(place.path) as file:
        file.write(_seal(content) + content)
    place.keep()


def saved_read(draft: ImportDraft) -> ImportPreview | None:
    """Return what a worker read with the draft's options; None if none has, or another version of this site has."""
    place = _place_of_read(draft)
    try:
        with place.open(place.path.name) as file:
            seal, content = file.read(SEAL_BYTES), file.read()
        if not constant_time_compare(seal, _seal(content)):
            return None
        return cast(ImportPreview, pickle.loads(content))  # noqa: S301  (sealed by save_read)
    except (FileNotFoundError, DamagedFileError, pickle.UnpicklingError, AttributeError, ImportError, TypeError):
        return None


def _seal(content: bytes) -> bytes:
    """Return what only this site can write: loading a pickle runs what is in it, and others may reach the storage."""
    return salted_hmac("models_runner.importing.drafts", content, algorithm="sha256").digest()


def _repeated_ids(records: Iterable[ImportedRecord]) -> list[str]:
    first: dict[str, str] = {}
    problems = []
    for record in records:
        name = normal_form(record.id)
        if name in first:
            told = f"the id {record.id!r} is that of {first[name]} too. Give one of them another, or leave it out."
            problems.append(f"{record.where}: {told}")
        first.setdefault(name, record.where)
    return problems


def correct(draft: ImportDraft, options: Mapping[str, Any], corrections: Corrections) -> None:
    draft.options, draft.corrections = dict(options), corrections.as_json()
    draft.save(update_fields=["options", "corrections"])


def import_draft(draft: ImportDraft) -> ImportResult:
    """Store the draft's documents, all or none, and delete the draft.

    Raises:
        DatasetImportError: Something in it is wrong; nothing has changed.
    """
    result = store_documents(draft, importable_documents(draft))
    discard([draft])
    return result


def importable_documents(draft: ImportDraft) -> list[ImportedRecord]:
    """Return the draft's documents, corrected. Raises DatasetImportError if something in it is wrong."""
    preview = preview_draft(draft)
    if preview.problems:
        raise DatasetImportError(preview.problems)
    return preview.documents


def store_documents(
    draft: ImportDraft,
    documents: Sequence[ImportedRecord],
    *,
    on_stored: Callable[[ImportResult], object] = lambda result: None,
) -> ImportResult:
    """Store documents as the draft's options say. Raises DatasetImportError; nothing has changed then.

    on_stored: Called with the result in the transaction that makes the documents seen.
    """
    options = draft.options
    terms = Terms(options.get("licence", ""), options.get("redistributable"))
    return import_documents(
        options["name"],
        documents,
        split=options.get("split", ""),
        terms=terms,
        by=draft.created_by,
        on_stored=on_stored,
    )


def dataset_names() -> list[str]:
    return list(Dataset.objects.order_by("name").values_list("name", flat=True))
