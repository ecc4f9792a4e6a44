"""Steps that bring files into the database. What has its row in ImportedSource is not read again."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from models_runner.importing.documents import ImportResult, import_documents, read_records
from models_runner.importing.reading import Missing, NoteKind, ReadOptions
from models_runner.importing.records import DatasetImportError, Terms
from models_runner.importing.summaries import Defaults, import_summaries
from models_runner.models import Dataset, ImportedSource
from protocol.file.schema import DatasetPart, Part, Source, SummariesPart
from protocol.running.work import Step, StepError, Work
from protocol.study.contents import dataset_content, summaries_content

BLOCK = 1 << 20


@dataclass(frozen=True)
class ImportDocuments(Step):
    """Import one source of a dataset; the last one also holds the whole against the dataset's fingerprint."""

    name: str
    part: DatasetPart
    source: Source | None = None  # None where nobody wrote down where the files are
    is_last: bool = True

    @property
    def title(self) -> str:
        return f"dataset {self.name}{f' from {self.source.path}' if self.source and self.source.path else ''}"

    def is_done(self, work: Work) -> bool:
        dataset = Dataset.objects.filter(name=self.name).first()
        if dataset is None:
            return False
        if self.source is None or not self.source.path:
            return self._is_content(dataset)
        if work.folder is None:
            return bool(dataset.documents.exists()) and self._is_content(dataset)
        key = _key(self.source, work.path(self.source.path))
        return dataset.imported_sources.filter(kind=ImportedSource.Kind.DOCUMENTS, key=key).exists()

    def blocked(self, work: Work) -> str:
        if self.source is None or not self.source.path:
            return self._nowhere()
        if work.folder is None:
            return self._not_from_here()
        work.path(self.source.path)
        return ""

    def do(self, work: Work) -> str:
        if reason := self.blocked(work):
            raise StepError(reason)
        source = self.source or Source()
        path = work.path(source.path)
        try:
            return self._import(source, path, _key(source, path))
        except DatasetImportError as error:
            raise StepError(f"Dataset {self.name}: {error}") from error

    def _import(self, source: Source, path: Path, key: str) -> str:
        terms = Terms(source.licence, source.redistributable)
        how = ReadOptions(
            format=source.format,
            fields={field: tuple(columns) for field, columns in source.map.items()},
            encoding=source.encoding,
            sheet=source.sheet,
            split=source.split,
            missing=Missing(source.missing),
        )

        def check(result: ImportResult) -> None:
            if self.is_last and not self._is_content(result.dataset):
                raise StepError(self._other(result.dataset))
            _remember(result.dataset, ImportedSource.Kind.DOCUMENTS, source, key)

        with read_records(path, how, source.language) as (records, notes):
            result = import_documents(self.name, records, split=source.split, terms=terms, on_stored=check)
        doubts = "".join(f"; {note}" for note in notes if note.kind is NoteKind.DOUBT)
        return f"{result.added:,} documents added, {result.unchanged:,} already there{doubts}"

    def _is_content(self, dataset: Dataset) -> bool:
        return not self.part.content or dataset_content(dataset).digest == self.part.content

    def _nowhere(self) -> str:
        dataset = Dataset.objects.filter(name=self.name).first()
        if dataset is not None:
            return self._other(dataset)
        count = f"{self.part.documents:,} documents, " if self.part.documents else ""
        return (
            f"Nobody wrote down where the files of dataset {self.name} are ({count}content {self.part.content}). "
            "Write their path under sources, or import them on the page Datasets first."
        )

    def _not_from_here(self) -> str:
        dataset = Dataset.objects.filter(name=self.name).first()
        if dataset is not None and dataset.documents.exists():
            return self._other(dataset)
        return (
            f"Dataset {self.name} is not here. Import its meetings on the page Datasets under this name; or let the "
            "command do it, which reads files on the server: python manage.py protocol run FILE"
        )

    def _other(self, dataset: Dataset) -> str:
        content = dataset_content(dataset)
        return (
            f"Dataset {self.name} holds other texts than the protocol says: {content.documents:,} documents, content "
            f"{content.digest}; expected {self.part.content}. Nothing was imported. Use the files that the protocol "
            "was made with, or another name for the dataset."
        )


@dataclass(frozen=True)
class ImportSummaries(Step):
    part: SummariesPart

    @property
    def title(self) -> str:
        return f"summaries of {self.part.system if self.part.system else 'several systems'} on {self.part.dataset}"

    def is_done(self, work: Work) -> bool:
        dataset = Dataset.objects.filter(name=self.part.dataset).first()
        if dataset is None:
            return False
        if not self.part.path or work.folder is None:
            return self._is_content(dataset)
        key = _key(self.part, work.path(self.part.path))
        return dataset.imported_sources.filter(kind=ImportedSource.Kind.SUMMARIES, key=key).exists()

    def do(self, work: Work) -> str:
        part = self.part
        if not part.path or work.folder is None:
            why = (
                "files on the server are read by the command alone" if part.path else "nobody wrote down where they lay"
            )
            raise StepError(
                f"The {self.title} are not here, and {why}. Import them with import_summaries first, or run a protocol "
                "with their path by the command."
            )
        path = work.path(part.path)
        key = _key(part, path)
        dataset = Dataset.objects.get(name=part.dataset)
        try:
            with transaction.atomic():
                runs = import_summaries(path, dataset, Defaults(part.system, part.instruction, part.regime))
                if part.content and not self._is_content(dataset):
                    raise StepError(f"The {self.title} are other texts than the protocol says. Nothing was imported.")
                _remember(dataset, ImportedSource.Kind.SUMMARIES, part, key)
        except DatasetImportError as error:
            raise StepError(str(error)) from error
        return (
            f"{sum(run.added for run in runs):,} summaries added, {sum(run.unchanged for run in runs):,} already there"
        )

    def _is_content(self, dataset: Dataset) -> bool:
        content = summaries_content(dataset, self.part.system, self.part.instruction)
        return bool(self.part.content) and content == self.part.content


def _remember(dataset: Dataset, kind: str, recipe: Part, key: str) -> None:
    left_out = {"dataset"} if isinstance(recipe, SummariesPart) else set()
    values = {"recipe": recipe.model_dump(exclude_defaults=True, exclude=left_out)}
    ImportedSource.objects.get_or_create(dataset=dataset, kind=kind, key=key, defaults=values)


def _key(recipe: Part, path: Path) -> str:
    """Return the SHA-256 of how files are read and of what is in them; where they lie does not matter."""
    digest = hashlib.sha256(json.dumps(recipe.model_dump(exclude={"path"}), sort_keys=True).encode())
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(file.relative_to(path.parent).as_posix().encode() + b"\0")
            with file.open("rb") as read:
                while block := read.read(BLOCK):
                    digest.update(block)
    return digest.hexdigest()
