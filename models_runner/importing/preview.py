"""Read files into a value that shows what an import would store; nothing here touches the database."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from models_runner.importing.files import SourceFile
from models_runner.importing.languages import with_language
from models_runner.importing.readers.archives import holds_member, is_zip, open_zip, read_member
from models_runner.importing.readers.registry import CORPORA, READERS, find_units
from models_runner.importing.reading import Note, NoteKind, Outcome, ReadOptions, Unit
from models_runner.importing.records import MOST_TURNS, ImportedRecord, RecordError, TooLongError

MOST_FILES = 20_000
HIDDEN = ("__macosx", ".ds_store", "thumbs.db", "desktop.ini")
OFFICE = ("word/document.xml", "xl/workbook.xml", "xl/workbook.bin", "ppt/presentation.xml", "content.xml")


@dataclass
class FilePreview:
    """What one file, or one meeting of a corpus, would become.

    Attributes:
        format: The format it was read as; "" if it was not read.
        why: What told the format, or why the file was not read.
        documents: The documents, complete.
        guesses: What was guessed: speakers, lines without one, times, columns.
        left_out: What was not taken over, or not understood.
        problems: Why the import would be refused; each names its place.
        split: The split that the documents are of; "" if the file names none.
    """

    name: str
    format: str
    why: str
    split: str = ""
    documents: list[ImportedRecord] = field(default_factory=list)
    guesses: list[Note] = field(default_factory=list)
    left_out: list[Note] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass
class ImportPreview:
    """What an import would store, file by file.

    Attributes:
        ignored: Files that were passed over, such as hidden ones, with the reason.
    """

    files: list[FilePreview] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def documents(self) -> list[ImportedRecord]:
        return [document for file in self.files for document in file.documents]

    @property
    def problems(self) -> list[str]:
        return [problem for file in self.files for problem in file.problems]


@dataclass
class Inputs:
    """Files that were found.

    Attributes:
        ignored: Files that are none of a user's, with the reason.
    """

    sources: list[SourceFile] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def preview_import(
    given: Path | Sequence[SourceFile], options: ReadOptions, *, read: Callable[[], object] = lambda: None
) -> ImportPreview:
    """Read a path, or uploaded files, and return what an import would store. Touches no database.

    Args:
        given: A file, a folder or a zip file; or sources made of names and bytes.
        options: How to read.
        read: Called after each file.
    Returns:
        The preview; problems are in it, and never raised.
    """
    result = ImportPreview()
    try:
        units, result.ignored = units_of(given, options)
        for unit in units:
            result.files.append(_preview_of(unit))
            read()
    except RecordError as error:
        result.files.append(FilePreview(_name_of(given), "", "", problems=[str(error)]))
    return result


def _preview_of(unit: Unit) -> FilePreview:
    file = FilePreview(unit.name, unit.format, unit.why, unit.split)
    for outcome in outcomes_of(unit):
        if isinstance(outcome, ImportedRecord):
            file.documents.append(outcome)
        elif isinstance(outcome, RecordError):
            file.problems.append(str(outcome))
        elif outcome.kind is NoteKind.LEFT_OUT:
            file.left_out.append(outcome)
        else:
            file.guesses.append(outcome)
    return file


def outcomes_of(unit: Unit) -> Iterator[Outcome]:
    """Yield what is in a unit, each record with a language; an error that ends it is the last outcome, never raised."""
    try:
        for outcome in unit.read():
            yield _checked(outcome, unit.name)
    except RecordError as error:
        yield _checked(error, unit.name)


def _checked(outcome: Outcome, name: str) -> Outcome:
    if isinstance(outcome, TooLongError):  # who counted its turns did not know the file
        return RecordError(name, str(outcome))
    if not isinstance(outcome, ImportedRecord):
        return outcome
    return TooLongError(outcome.where) if len(outcome.turns) > MOST_TURNS else with_language(outcome)


def units_of(given: Path | Sequence[SourceFile], options: ReadOptions) -> tuple[Iterator[Unit], list[str]]:
    """Return what is to be read, unit by unit, and the files that were passed over. Raises RecordError."""
    inputs = collect(given)
    in_folder = isinstance(given, Path) and given.is_dir()
    suffixes = READERS[options.format].suffixes if options.format in READERS and in_folder else ()
    fitting = [source for source in inputs.sources if not suffixes or source.suffix in suffixes]
    if not fitting and options.format not in CORPORA:
        kinds = " files and no ".join(suffixes) or "readable"
        passed = f" Passed over: {', '.join(inputs.ignored[:5])}." if inputs.ignored else ""
        raise RecordError(_name_of(given), f"the {'folder' if in_folder else 'file'} has no {kinds} files.{passed}")
    return find_units(inputs.sources, options), inputs.ignored


def _name_of(given: Path | Sequence[SourceFile]) -> str:
    return given.name if isinstance(given, Path) else given[0].name if given else ""


# ---- files, folders and archives


def collect(given: Path | Sequence[SourceFile]) -> Inputs:
    """Find the files of a path or of an upload, those in folders and zip files too. Raises RecordError."""
    inputs = Inputs()
    for source in _given(given, inputs):
        if _is_archive(source):
            _unpack(source, inputs)
        else:
            inputs.sources.append(source)
    if (number := len(inputs.sources)) > MOST_FILES:
        raise RecordError(_name_of(given), f"holds {number:,} files; at most {MOST_FILES:,} are read at once.")
    _name_documents(inputs.sources)
    return inputs


def _given(given: Path | Sequence[SourceFile], inputs: Inputs) -> Iterator[SourceFile]:
    if not isinstance(given, Path):
        yield from (source for source in given if not _pass_over(source.name, inputs))
        return
    if not given.exists():
        raise RecordError(str(given), "there is no such file or folder. Check the path.")
    if not given.is_dir():
        yield SourceFile(given.name, path=given)
        return
    for file in sorted(given.rglob("*")):
        name = file.relative_to(given).as_posix()
        if file.is_symlink() and not file.resolve().is_relative_to(given.resolve()):
            inputs.ignored.append(f"{name} (a link to a place outside the folder)")
        elif file.is_file() and not _pass_over(name, inputs):
            yield SourceFile(name, path=file)


def _pass_over(name: str, inputs: Inputs) -> bool:
    """Whether a file is hidden or made by the system, not by the user."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    hidden = any(part.startswith(".") or part.lower() in HIDDEN for part in parts)
    if hidden:
        inputs.ignored.append(f"{name} (hidden, or made by the system)")
    return hidden


def _is_archive(source: SourceFile) -> bool:
    return is_zip(source) and not holds_member(source, *OFFICE)


def _unpack(source: SourceFile, inputs: Inputs) -> None:
    """Add the files of an archive; each is unpacked into memory when it is read, so that no path leads anywhere."""
    archive = open_zip(source)  # stays open for as long as a source refers to it
    for member in archive.infolist():
        name = member.filename.replace("\\", "/")
        if member.is_dir() or _leads_out(name, inputs) or _pass_over(name, inputs):
            continue
        inner = SourceFile(name, load=partial(read_member, source, archive, member))
        if name.lower().endswith(".zip"):
            inputs.ignored.append(f"{name} (an archive within an archive)")
        else:
            inputs.sources.append(inner)


def _leads_out(name: str, inputs: Inputs) -> bool:
    """Whether a path in an archive leads out of it."""
    leads_out = name.startswith("/") or ".." in PurePosixPath(name).parts or name[1:2] == ":"
    if leads_out:
        inputs.ignored.append(f"{name} (its path leads out of the archive)")
    return leads_out


def _name_documents(sources: Iterable[SourceFile]) -> None:
    """Give files with one name in several folders, or with several endings, ids that tell them apart."""
    sources = list(sources)
    stems = Counter(source.stem for source in sources)
    paths = Counter(str(PurePosixPath(source.name).with_suffix("")) for source in sources)
    for source in sources:
        path = str(PurePosixPath(source.name).with_suffix(""))
        if stems[source.stem] > 1:
            source.document_id = source.name if paths[path] > 1 else path
