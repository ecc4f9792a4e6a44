"""Read plain text: the transcripts of Zoom, Teams, Meet, Otter, Fireflies and the like, and chats."""

from collections.abc import Iterator

from models_runner.importing.files import SourceFile
from models_runner.importing.readers.records_of import record_of_turns
from models_runner.importing.reading import Outcome, Reader, ReadOptions
from models_runner.importing.records import RecordError
from models_runner.importing.speech.text import read_transcript

SUFFIXES = (".txt", ".text", ".md", ".log", ".transcript", "")
MOST_UNPRINTABLE = 0.02


def recognise(source: SourceFile) -> str:
    beginning = source.beginning
    unprintable = sum(character < " " and character not in "\t\n\r\f\x1b" for character in beginning)
    is_text = bool(beginning.strip()) and unprintable <= MOST_UNPRINTABLE * len(beginning)
    return "it is text without another format's marks" if is_text else ""


def read(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    text = source.text(options.encoding)
    if "\x00" in text:
        raise RecordError(source.name, "holds NUL characters; it is no text file, or its encoding is not UTF-8.")
    yield from record_of_turns(source, options, read_transcript(text))


READER = Reader("text", "Plain text", recognise, read, (".txt", ".md"), "", "speakers, starts, the title above them")
