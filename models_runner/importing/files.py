"""Read files of unchecked content."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lib.strict_json import StrictJsonError, strict_json
from models_runner.importing.records import RecordError

BOMS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)

# How a file begins that macOS makes beside another one, to hold what the other file system has no place for.
APPLE_DOUBLE = b"\x00\x05\x16\x07"
RECORD_OF_LIST = re.compile(r"\[(\d+)\]\.?")


def find_files(path: Path, *suffixes: str) -> list[Path]:
    """Return the file itself, or the folder's files with these suffixes by name. Raises RecordError if none.

    Hidden files are passed over: macOS puts one beside each file that it copies, and it holds no text.
    """
    if path.is_dir():
        seen = (p for p in path.iterdir() if not is_hidden(p))
        files = sorted(p for p in seen if p.suffix.lower() in suffixes and p.is_file())
        if not files:
            raise RecordError(str(path), f"the folder has no {' or '.join(suffixes)} files.")
        return files
    if not path.exists():
        raise RecordError(str(path), "there is no such file or folder. Check the path.")
    return [path]


def is_hidden(path: Path) -> bool:
    return path.name.startswith(".")


def read_text(path: Path) -> str:
    """Read a file as UTF-8, with or without a byte order mark. Raises RecordError for any other encoding."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(path.name, f"cannot be read: {error.strerror}.") from error
    if data.startswith(APPLE_DOUBLE):
        raise RecordError(path.name, "is a hidden file of macOS and holds no text. Give the file without ._ in front.")
    for bom, name in BOMS:
        if data.startswith(bom):
            raise RecordError(path.name, f"is {name}; expected UTF-8. {_how_to_convert(name)}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecordError(
            path.name,
            f"is not UTF-8: byte {error.start} (line {line}) is 0x{data[error.start]:02x}. "
            f"{_how_to_convert('ENCODING')}, with ENCODING for example WINDOWS-1252 or GB18030",
        ) from error


def _how_to_convert(encoding: str) -> str:
    return f"Convert it first: iconv -f {encoding} -t UTF-8 OLD > NEW"


def parse_json(text: str, where: str) -> Any:
    """Return the value of a JSON text. Raises RecordError, which names the field at fault where it is known."""
    try:
        return strict_json(text)
    except StrictJsonError as error:
        record = RECORD_OF_LIST.match(error.field)
        where += f", record {record[1]}" if record else ""
        field = error.field[record.end() :] if record else error.field
        raise RecordError(f"{where}, field {field!r}" if field else where, error.message) from error


def json_objects(path: Path) -> Iterator[tuple[Any, str]]:
    """Yield the values of a .jsonl file (one per line) or a .json file (one, or a list), each with its place."""
    text = read_text(path)
    if path.suffix.lower() == ".json":
        content = parse_json(text, path.name)
        if isinstance(content, list):
            yield from ((item, f"{path.name}, record {n}") for n, item in enumerate(content, start=1))
        else:
            yield content, path.name
        return
    # Split only at newlines, because the texts may contain other line separators.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"{path.name}, line {number}"
            yield parse_json(line, where), where
