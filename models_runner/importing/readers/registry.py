"""The table of formats, and how the format of a file is found."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from models_runner.importing import jsonl
from models_runner.importing.files import SourceFile
from models_runner.importing.readers import plain, word
from models_runner.importing.readers.captions import cues
from models_runner.importing.readers.corpora import corpora_json, elitr, nxt, qmsum, release
from models_runner.importing.readers.recognition import speech_json
from models_runner.importing.readers.tables import arrow, delimited, spreadsheets
from models_runner.importing.readers.unread import unread_kind, unreadable_text
from models_runner.importing.reading import AUTO, Note, Outcome, Reader, ReadOptions, Unit
from models_runner.importing.records import RecordError

Claim = Callable[[Sequence[SourceFile], ReadOptions], tuple[list[Unit], set[str]]]

# In this order a file is offered to them; the first that recognises it reads it.
READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        *cues.READERS,
        word.READER,
        spreadsheets.READER,
        *arrow.READERS,
        qmsum.READER,
        *corpora_json.READERS,
        *speech_json.READERS,
        delimited.READER,
        jsonl.READER,
        plain.READER,
    )
}
# Corpora of many files that belong together, by the name of --format.
_CORPORA = (release, nxt, elitr, arrow)
CORPORA: dict[str, Claim] = {module.NAME: module.claim for module in _CORPORA}
MISSING = {module.NAME: module.MISSING for module in _CORPORA}
FORMATS = (AUTO, *READERS, *CORPORA)
# What stands beside data in the folders that people download.
COMPANIONS = (
    "readme",
    "license",
    "licence",
    "changelog",
    "citation",
    "requirements",
    "notice",
    "contributing",
    "makefile",
)
TEXT_BESIDE_DATA = (".md", "", ".log")


def detect(source: SourceFile) -> tuple[Reader | None, str]:
    """Return the reader that recognises a file's content, and why; or None, and what the file is not."""
    if not source.head.strip() and not source.data.strip():
        return None, "is empty."
    if unread := unread_kind(source):
        return None, str(unread)
    for reader in READERS.values():
        try:
            why = reader.recognises(source)
        except RecordError as error:
            return reader if reader is jsonl.READER else _json_at_fault(source), str(error)
        if why:
            return reader, why
    if unread := unreadable_text(source):
        return None, str(unread)
    return None, f"is of no format that is known here. Expected one of: {', '.join(READERS)}, or name it with --format."


def _json_at_fault(source: SourceFile) -> Reader:
    """JSON that cannot be parsed is for the reader of JSON to report."""
    return jsonl.READER


def find_units(sources: Sequence[SourceFile], options: ReadOptions) -> Iterator[Unit]:
    """Yield what is to be read: corpora first, then each file that belongs to none.

    Raises:
        RecordError: A corpus was asked for and is not there.
    """
    claimed: set[str] = set()
    for name, claim in CORPORA.items():
        if options.format in (AUTO, name):
            units, names = claim(sources, options)
            yield from units
            claimed |= names
            if options.format == name and not units:
                raise RecordError(sources[0].name if len(sources) == 1 else "What was given", MISSING[name])
    if options.format in CORPORA:
        return
    several = len(sources) > 1
    for source in sources:
        if source.name not in claimed:
            yield _unit(source, options, several=several)


def _unit(source: SourceFile, options: ReadOptions, *, several: bool) -> Unit:
    source.encoding = options.encoding
    if options.format != AUTO:
        reader = READERS[options.format]
        if several and source.suffix not in reader.suffixes:
            return Unit(source.name, "", f"its name does not end in {' or '.join(reader.suffixes)}", _nothing)
        return Unit(source.name, reader.name, "it was named", partial(_read, reader, source, options))
    if several and _is_companion(source):
        return Unit(source.name, "", "it stands beside the data", _nothing)
    try:
        found, why = detect(source)
    except RecordError as error:
        return Unit(source.name, "", str(error), partial(_fail, error))
    if found is None:
        if several:
            return Unit(source.name, "", f"it {why.partition('. ')[0].rstrip('.')}", _nothing)
        return Unit(source.name, "", why, partial(_fail, RecordError(source.name, why)))
    return Unit(source.name, found.name, why, partial(_read, found, source, options))


def _is_companion(source: SourceFile) -> bool:
    name = source.stem.lower()
    return any(name.startswith(word) for word in COMPANIONS) and source.suffix in (*TEXT_BESIDE_DATA, ".txt", ".rst")


def _read(reader: Reader, source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    silent = True
    try:
        for outcome in reader.read(source, options):
            silent = silent and isinstance(outcome, Note)
            yield outcome
        if silent:
            yield RecordError(source.name, "there are no records to import.")
    except RecordError as error:
        yield error
    finally:
        source.forget()


def _nothing() -> Iterable[Outcome]:
    return ()


def _fail(error: RecordError) -> Iterable[Outcome]:
    return (error,)
