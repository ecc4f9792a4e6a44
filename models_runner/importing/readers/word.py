"""Read transcripts in Word files: Teams and Google Meet write them, and people do."""

import io
import zipfile
from collections.abc import Iterator

from models_runner.importing.files import SourceFile
from models_runner.importing.readers.archives import holds_member, refuse_bomb
from models_runner.importing.readers.records_of import record_of_turns
from models_runner.importing.reading import Outcome, Reader, ReadOptions
from models_runner.importing.records import RecordError
from models_runner.importing.speech.text import read_transcript


def recognise(source: SourceFile) -> str:
    return "it is a Word document" if holds_member(source, "word/document.xml") else ""


def read(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    refuse_bomb(source)
    text = "\n".join(_paragraphs(source))
    yield from record_of_turns(source, options, read_transcript(text))


def _paragraphs(source: SourceFile) -> Iterator[str]:
    """Yield the text of paragraphs and of tables, a row a line, in their order; a line break within one is one."""
    from docx import Document
    from docx.opc.exceptions import OpcError
    from docx.table import Table

    try:
        document = Document(io.BytesIO(source.data))
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                for row in block.rows:
                    yield "\t".join(dict.fromkeys(" ".join(cell.text.split()) for cell in row.cells))
            else:
                yield block.text
    except (OpcError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise RecordError(source.name, f"is no Word document that can be read: {error}.") from error


READER = Reader("docx", "Word (.docx)", recognise, read, (".docx",), "python-docx", "speakers, starts, the title")
