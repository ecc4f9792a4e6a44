"""What readers of import formats take and give."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models_runner.importing.files import SourceFile
from models_runner.importing.records import ImportedRecord, RecordError

AUTO = "auto"


class Missing(StrEnum):
    """What cells such as "nan" and "NULL" are, which programs write for nothing and people, rarely, for a word."""

    ASK = "ask"
    EMPTY = "empty"
    TEXT = "text"


@dataclass(frozen=True)
class ReadOptions:
    """How to read.

    Attributes:
        format: The name of a reader, or AUTO.
        fields: Columns by field of a record, for tables and records with names of their own.
        language: Of documents that name none; "" to find it from each text.
        encoding: Of text files; "" for UTF-8.
        sheet: Of a workbook with several.
        split: Of a data set that comes in splits; "" for all.
    """

    format: str = AUTO
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    language: str = ""
    encoding: str = ""
    sheet: str = ""
    split: str = ""
    missing: Missing = Missing.ASK


class NoteKind(StrEnum):
    GUESS = "guess"
    LEFT_OUT = "left out"
    DOUBT = "doubt"


@dataclass(frozen=True)
class Note:
    """What a reader guessed, did not take over, or doubts.

    Attributes:
        document_id: The document it is about; "" for the file.
    """

    where: str
    text: str
    kind: NoteKind = NoteKind.GUESS
    document_id: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


Outcome = ImportedRecord | RecordError | Note


@dataclass(frozen=True)
class Reader:
    """A format.

    Attributes:
        name: As in --format.
        label: For people.
        recognises: Tells why a file is of this format; "" if it is not.
        read: Yields records, errors and notes; may raise RecordError, which ends the file.
        library: What reads it, beside our own code.
        kept: What is kept of a file.
        suffixes: What --format NAME reads in a folder.
    """

    name: str
    label: str
    recognises: Callable[[SourceFile], str]
    read: Callable[[SourceFile, ReadOptions], Iterable[Outcome]]
    suffixes: tuple[str, ...]
    library: str = ""
    kept: str = ""


@dataclass(frozen=True)
class Unit:
    """One file, or the files of a corpus that belong together, with how it is read.

    Attributes:
        format: The reader's name; "" if no reader fits.
        why: What told the format.
        read: Yields what is in it.
        split: The split that its documents are of; "" if it names none.
    """

    name: str
    format: str
    why: str
    read: Callable[[], Iterable[Outcome]]
    split: str = ""
