"""What tests of readers share: read a text or bytes as if it were uploaded, without a database."""

from models_runner.importing.field_map.mapping import parse_map
from models_runner.importing.files import SourceFile
from models_runner.importing.preview import FilePreview, ImportPreview, preview_import
from models_runner.importing.reading import ReadOptions


def preview(name: str, content: str | bytes, *maps: str, **options) -> ImportPreview:
    data = content if isinstance(content, bytes) else content.encode()
    return preview_import([SourceFile(name, data=data)], ReadOptions(fields=parse_map(maps), **options))


def read(name: str, content: str | bytes, *maps: str, **options) -> FilePreview:
    """The preview of one file, which is read without a problem."""
    (file,) = preview(name, content, *maps, **options).files
    assert file.problems == []
    return file


def turns(name: str, content: str | bytes, *maps: str, **options) -> list[tuple]:
    """(speaker, content) or (speaker, content, start) of each turn of the only document."""
    (document,) = read(name, content, *maps, **options).documents
    return [
        (t["speaker"], t["content"], *((t["start"],) if "start" in t else ())) for t in document.turns
    ]  # fmt: skip


def problem(name: str, content: str | bytes, *maps: str, **options) -> str:
    """What is wrong with a file, of which nothing is then imported."""
    problems = preview(name, content, *maps, **options).problems
    assert problems
    return "\n".join(problems)


def said(file: FilePreview) -> str:
    """What the reader guessed and left out."""
    return "\n".join(map(str, (*file.guesses, *file.left_out)))
