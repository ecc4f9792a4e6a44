"""Store imported documents in the database, all or none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.db.models import Max

from lib.language import words
from lib.language_codes import UnknownLanguageError, language_code
from lib.names import AmbiguousNameError, ByName, normal_form
from models_runner.importing import csv_files, jsonl, qmsum, releases
from models_runner.importing.comparing import changed_records
from models_runner.importing.records import (
    MAX_LICENCE_LENGTH,
    MAX_SPLIT_LENGTH,
    NO_TERMS,
    DatasetImportError,
    ImportedRecord,
    RecordError,
    Terms,
)
from models_runner.models import Dataset, Document, Query, Reference, Transcript

FORMATS = {"qmsum": qmsum.read, "jsonl": jsonl.read, "csv": csv_files.read, "release": releases.read}
BATCH = 200


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    Attributes:
        dataset: The documents' dataset.
        added: Documents that are new.
        unchanged: Documents that the dataset had already.
        without_reference: Documents of the file without a reference.
        new_terms: Documents that the dataset had already and whose terms have changed.
    """

    dataset: Dataset
    added: int
    unchanged: int
    without_reference: int
    new_terms: int = 0


def import_path(
    name: str, path: Path, kind: str, *, split: str = "", language: str = "en", terms: Terms = NO_TERMS
) -> ImportResult:
    """Read a file or folder and import its documents.

    Args:
        name: The dataset; it is created if it is new.
        path: The file or folder.
        kind: The format, a key of FORMATS.
        split: The documents' split.
        language: Language of records that name none, by its code or name.
        terms: Terms of records that name none.
    Raises:
        DatasetImportError: A record is wrong; nothing has changed.
    """
    try:
        outcomes = list(FORMATS[kind](path, language_code(language)))
    except UnknownLanguageError as error:
        raise DatasetImportError([f"The language {error}"]) from error
    except RecordError as error:
        raise DatasetImportError([str(error)]) from error
    if problems := [str(outcome) for outcome in outcomes if isinstance(outcome, RecordError)]:
        raise DatasetImportError(problems)
    records = [outcome for outcome in outcomes if isinstance(outcome, ImportedRecord)]
    return import_documents(name, records, split=split, terms=terms)


def _with_codes(records: Sequence[ImportedRecord]) -> list[ImportedRecord]:
    """Return the records with the codes of their languages."""
    coded, problems = [], []
    for record in records:
        try:
            coded.append(replace(record, language=language_code(record.language)))
        except UnknownLanguageError as error:
            problems.append(f"{record.where}, field 'language': {error}")
    if problems:
        raise DatasetImportError(problems)
    return coded


def _refuse_repeated_ids(records: Iterable[ImportedRecord], stored_ids: dict[str, str]) -> None:
    first: dict[str, str] = {}
    problems = []
    for record in records:
        name = stored_ids.get(record.id) or normal_form(record.id)
        if name in first:
            problems.append(f"{record.where}: the id {record.id!r} was used before, in {first[name]}. Ids are unique.")
        first.setdefault(name, record.where)
    if problems:
        raise DatasetImportError(problems)


@transaction.atomic
def import_documents(
    name: str, records: Sequence[ImportedRecord], *, split: str = "", terms: Terms = NO_TERMS
) -> ImportResult:
    """Add the records that the dataset does not have.

    Terms are not part of a document's content: if the dataset has the document already, terms that are given now
    replace its old ones.

    Raises:
        DatasetImportError: A record differs from the document of the same id, or another argument is wrong; nothing
            has changed.
    """
    name, split = normal_form(name), normal_form(split)
    if problems := _setting_problems(name, split, records, terms):
        raise DatasetImportError(problems)
    records = _with_codes(records)
    dataset, _ = Dataset.objects.get_or_create(name=name)
    Dataset.objects.select_for_update().get(pk=dataset.pk)  # concurrent imports take positions one after the other
    stored_ids = _stored_ids(dataset, records)
    _refuse_repeated_ids(records, stored_ids)
    known = [record for record in records if record.id in stored_ids]
    if changed := set(changed_records(dataset, known, stored_ids, split)):
        raise DatasetImportError([_changed(record, name) for record in known if record.id in changed])
    new = [record for record in records if record.id not in stored_ids]
    _create(dataset, new, split, terms)
    new_terms = _change_terms(dataset, known, stored_ids, terms)
    return ImportResult(
        dataset=dataset,
        added=len(new),
        unchanged=len(known),
        without_reference=sum(not record.references for record in records),
        new_terms=new_terms,
    )


def _stored_ids(dataset: Dataset, records: Sequence[ImportedRecord]) -> dict[str, str]:
    """Return the ids as they are stored, by the records' own; new ones are not in it."""
    documents = ByName((name, name) for name in dataset.documents.values_list("external_id", flat=True))
    stored, problems = {}, []
    for record in records:
        try:
            if (name := documents.find(record.id)) is not None:
                stored[record.id] = name
        except AmbiguousNameError as error:
            problems.append(f"{record.where}, field 'id': {error}")
    if problems:
        raise DatasetImportError(problems)
    return stored


def _change_terms(
    dataset: Dataset, records: Sequence[ImportedRecord], stored_ids: dict[str, str], default: Terms
) -> int:
    """Store the terms that the records give; return how many documents have other terms now."""
    said = {stored_ids[record.id]: record.terms.filled_from(default) for record in records}
    changed = []
    for document in dataset.documents.only("external_id", "licence", "redistributable"):
        if document.external_id not in said:
            continue
        has = Terms(document.licence, document.redistributable)
        now = said[document.external_id].filled_from(has)
        if now != has:
            document.licence, document.redistributable = now.licence, bool(now.redistributable)
            changed.append(document)
    Document.objects.bulk_update(changed, ["licence", "redistributable"], batch_size=BATCH)
    return len(changed)


def _setting_problems(name: str, split: str, records: Sequence[ImportedRecord], terms: Terms) -> list[str]:
    problems = []
    try:
        validate_slug(name)
    except ValidationError:
        problems.append(f"--name is {name!r}; expected letters, digits, - and _ only.")
    if len(name) > 100 or len(split) > MAX_SPLIT_LENGTH:
        problems.append(f"--name has at most 100 characters, --split at most {MAX_SPLIT_LENGTH}.")
    if len(terms.licence) > MAX_LICENCE_LENGTH:
        problems.append(f"--licence has at most {MAX_LICENCE_LENGTH} characters.")
    if not records:
        problems.append("There are no records to import.")
    return problems


def _changed(record: ImportedRecord, name: str) -> str:
    return (
        f"{record.where}: document {record.id!r} is in dataset {name} with other content (text, references, language, "
        "split). Documents never change, because summaries and votes refer to them: use another id or another dataset."
    )


def _create(dataset: Dataset, records: Sequence[ImportedRecord], split: str, terms: Terms) -> None:
    last = dataset.documents.aggregate(last=Max("position"))["last"]
    start = 0 if last is None else last + 1
    documents = Document.objects.bulk_create(
        [_document(dataset, record, split, start + n, terms) for n, record in enumerate(records)], batch_size=BATCH
    )
    pairs = list(zip(documents, records, strict=True))
    Transcript.objects.bulk_create(
        [Transcript(document=d, turns=r.turns, original_turns=r.original_turns) for d, r in pairs], batch_size=BATCH
    )
    whole = [
        Reference(document=document, instruction=kind, position=position, text=text)
        for document, record in pairs
        for position, (kind, text) in enumerate(record.references)
    ]
    Reference.objects.bulk_create([*whole, *_create_queries(pairs)], batch_size=BATCH)


def _document(dataset: Dataset, record: ImportedRecord, split: str, position: int, default: Terms) -> Document:
    terms = record.terms.filled_from(default)
    return Document(
        dataset=dataset,
        external_id=record.id,
        title=record.title,
        split=normal_form(record.split) or split,
        language=record.language,
        position=position,
        word_count=sum(len(words(turn["content"], record.language)) for turn in record.turns),
        content_hash=record.content_hash(split),
        metadata=dict(record.metadata),
        licence=terms.licence,
        redistributable=bool(terms.redistributable),
    )


def _create_queries(pairs: Sequence[tuple[Document, ImportedRecord]]) -> list[Reference]:
    """Create the queries; return their references, not yet saved."""
    wanted = [(d, position, query) for d, record in pairs for position, query in enumerate(record.queries)]
    rows = Query.objects.bulk_create(
        [Query(document=document, position=position, text=query.text) for document, position, query in wanted],
        batch_size=BATCH,
    )
    return [
        Reference(document=document, query=row, instruction="query", position=position, text=text)
        for row, (document, _, query) in zip(rows, wanted, strict=True)
        for position, text in enumerate(query.references)
    ]
