"""Store imported documents in the database, all or none."""

from collections.abc import Callable, Iterator, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.db.models import F, Max

from lib.language import words
from lib.language_codes import UnknownLanguageError, language_code
from lib.names import AmbiguousNameError, ByName, normal_form
from models_runner.importing.changed_records import changed_records
from models_runner.importing.files import SourceFile
from models_runner.importing.languages import FIND_OUT, LanguageNotes, code_or_find_out
from models_runner.importing.preview import outcomes_of, units_of
from models_runner.importing.reading import AUTO, Note, NoteKind, ReadOptions
from models_runner.importing.records import (
    MAX_LICENCE_LENGTH,
    MAX_SPLIT_LENGTH,
    NO_TERMS,
    DatasetImportError,
    ImportedRecord,
    RecordError,
    Terms,
)
from models_runner.importing.spool import RecordSpool
from models_runner.importing.staging import staging_dataset
from models_runner.models import Dataset, Document, Query, Reference, Transcript

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
        notes: What was guessed and what was not taken over.
    """

    dataset: Dataset
    added: int
    unchanged: int
    without_reference: int
    new_terms: int = 0
    notes: tuple[Note, ...] = ()


def import_path(
    name: str,
    path: Path | Sequence[SourceFile],
    kind: str = AUTO,
    *,
    split: str = "",
    language: str = FIND_OUT,
    terms: Terms = NO_TERMS,
    options: ReadOptions | None = None,
    by: str = "",
) -> ImportResult:
    """Read a file, a folder or uploaded files, and import the documents.

    Args:
        name: The dataset; it is created if it is new.
        path: The file or folder; or sources made of names and bytes.
        kind: The format, a name in readers.registry.FORMATS.
        split: The documents' split.
        language: Language of records that name none, by its code or name; "" to find it from each text.
        terms: Terms of records that name none.
        options: How to read, beyond format, language and split.
        by: The account that imports.
    Raises:
        DatasetImportError: A record is wrong; nothing has changed.
    """
    how = replace(options or ReadOptions(), format=kind, split=split)
    with read_records(path, how, language) as (records, notes):
        return replace(import_documents(name, records, split=split, terms=terms, by=by), notes=notes)


@contextmanager
def read_records(
    path: Path | Sequence[SourceFile], how: ReadOptions, language: str = FIND_OUT
) -> Iterator[tuple[RecordSpool, tuple[Note, ...]]]:
    """Read a file, a folder or uploaded files, outside any transaction; the records are there while the block runs.

    Args:
        language: Language of records that name none, by its code or name; "" to find it from each text.
    Raises:
        DatasetImportError: A record is wrong.
    """
    with RecordSpool() as records:
        yield records, tuple(_read_into(records, path, how, language))


def _read_into(
    records: RecordSpool, path: Path | Sequence[SourceFile], how: ReadOptions, language: str
) -> Iterator[Note]:
    problems: list[str] = []
    languages = LanguageNotes()
    try:
        units, ignored = units_of(path, replace(how, language=code_or_find_out(language)))
        for unit in units:
            if not unit.format:
                ignored.append(f"{unit.name} ({unit.why})")
            for outcome in outcomes_of(unit):
                match outcome:
                    case ImportedRecord() if not problems:
                        records.append(replace(outcome, split=outcome.split or unit.split))
                        languages.add(outcome)
                    case Note():
                        yield outcome
                    case RecordError():
                        problems.append(str(outcome))
    except UnknownLanguageError as error:
        raise DatasetImportError([f"The language {error}"]) from error
    except RecordError as error:
        problems.append(str(error))
    if problems:
        raise DatasetImportError(problems)
    yield from languages.notes()
    yield from (Note(name, "was passed over.", NoteKind.LEFT_OUT) for name in ignored)


def import_documents(
    name: str,
    records: Sequence[ImportedRecord] | RecordSpool,
    *,
    split: str = "",
    terms: Terms = NO_TERMS,
    by: str = "",
    on_stored: Callable[[ImportResult], object] = lambda result: None,
) -> ImportResult:
    """Add the records that the dataset does not have.

    They are written batch by batch into a staged dataset, which nobody sees, and come over in one short transaction:
    SQLite has one writer at a time, and a vote must not wait for a large import.

    Terms are not part of a document's content: if the dataset has the document already, terms that are given now
    replace its old ones.

    Args:
        name: The dataset; it is created if it is new.
        records: What to import.
        split: Of records that name none.
        terms: Of records that name none.
        by: The account that imports; noted if the dataset is new.
        on_stored: Called with the result in the transaction that makes the documents seen.
    Raises:
        DatasetImportError: A record differs from the document of the same id, or another argument is wrong; nothing
            has changed.
    """
    name, split = normal_form(name), normal_form(split)
    if problems := _setting_problems(name, split, records, terms):
        raise DatasetImportError(problems)
    with staging_dataset() as staged:
        work = _DocumentImport(Dataset.objects.filter(name=name).first(), name, staged, split, terms)
        waiting = iter(records)
        while batch := list(islice(waiting, BATCH)):
            with transaction.atomic():
                work.add(batch)
        if work.problems:
            raise DatasetImportError(work.problems)
        with transaction.atomic():
            result = work.bring_over(by)
            on_stored(result)
    return result


class _DocumentImport:
    """One import, batch by batch; after the first problem it looks for others and stores nothing more."""

    def __init__(self, dataset: Dataset | None, name: str, staged: Dataset, split: str, terms: Terms) -> None:
        self.dataset, self.name, self.staged, self.split, self.terms = dataset, name, staged, split, terms
        self.problems: list[str] = []
        self.added = self.unchanged = self.without_reference = 0
        names = dataset.documents.values_list("external_id", flat=True) if dataset else ()
        self._stored = ByName((name, name) for name in names)
        self._places: dict[str, str] = {}  # by the id's normal form, where it was first
        self._terms: dict[str, Terms] = {}  # by the id of a document that the dataset has

    def add(self, batch: Sequence[ImportedRecord]) -> None:
        """Stage the records that are new, and check those that the dataset has."""
        records = [coded for record in batch if (coded := self._checked(record))]
        stored_ids = {r.id: name for r in records if (name := self._stored.stored_name(r.id)) is not None}
        known = [record for record in records if record.id in stored_ids]
        if self.dataset:
            changed = set(changed_records(self.dataset, known, stored_ids, self.split))
            self.problems += [_changed(record, self.name) for record in known if record.id in changed]
        if self.problems:
            return
        new = [record for record in records if record.id not in stored_ids]
        _create(self.staged, new, self.split, self.terms)
        self._terms |= {stored_ids[record.id]: record.terms.filled_from(self.terms) for record in known}
        self.added += len(new)
        self.unchanged += len(known)
        self.without_reference += sum(not record.references for record in records)

    def bring_over(self, by: str) -> ImportResult:
        """Make what is staged part of the dataset. Raises DatasetImportError if somebody was faster."""
        dataset, _ = Dataset.objects.get_or_create(name=self.name, defaults={"imported_by": by})
        Dataset.objects.select_for_update().get(pk=dataset.pk)  # concurrent imports take positions one after the other
        self._check_nobody_was_faster(dataset)
        last = dataset.documents.aggregate(last=Max("position"))["last"]
        start = 0 if last is None else last + 1
        self.staged.documents.update(dataset=dataset, position=F("position") + start)
        changed = _change_terms(dataset, self._terms)
        return ImportResult(dataset, self.added, self.unchanged, self.without_reference, changed)

    def _check_nobody_was_faster(self, dataset: Dataset) -> None:
        now = dataset.documents.values_list("external_id", flat=True)
        came = [name for name in now if self._stored.stored_name(name) is None and normal_form(name) in self._places]
        gone = self._terms.keys() - set(now)
        if came or gone:
            raise DatasetImportError(
                [
                    f"Document {next(iter([*came, *gone]))!r} of dataset {self.name} came or went while this was "
                    "imported. Nothing was stored; import it again."
                ]
            )

    def _checked(self, record: ImportedRecord) -> ImportedRecord | None:
        """Return the record with the code of its language; None if it, or its id, cannot be taken."""
        try:
            name = self._stored.stored_name(record.id) or normal_form(record.id)
            coded = replace(record, language=language_code(record.language))
        except AmbiguousNameError as error:
            self.problems.append(f"{record.where}, field 'id': {error}")
            return None
        except UnknownLanguageError as error:
            self.problems.append(f"{record.where}, field 'language': {error}")
            return None
        if name in self._places:
            before = self._places[name]
            self.problems.append(f"{record.where}: the id {record.id!r} was used before, in {before}. Ids are unique.")
            return None
        self._places[name] = record.where
        return coded


def _change_terms(dataset: Dataset, said: dict[str, Terms]) -> int:
    """Store the terms that are given now, by stored id; return how many documents have other terms now."""
    changed = []
    for document in dataset.documents.filter(external_id__in=said).only("external_id", "licence", "redistributable"):
        has = Terms(document.licence, document.redistributable)
        now = said[document.external_id].filled_from(has)
        if now != has:
            document.licence, document.redistributable = now.licence, bool(now.redistributable)
            changed.append(document)
    Document.objects.bulk_update(changed, ["licence", "redistributable"], batch_size=BATCH)
    return len(changed)


def _setting_problems(name: str, split: str, records: Sized, terms: Terms) -> list[str]:
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
        word_count=len(words("\n".join(turn["content"] for turn in record.turns), record.language)),
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
