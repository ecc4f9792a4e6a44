"""Read files of unchecked content."""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models_runner.importing.records import RecordError

BOMS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def find_files(path: Path, *suffixes: str) -> list[Path]:
    """Return the file itself, or the folder's files with these suffixes by name. Raises RecordError if none."""
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in suffixes and p.is_file())
        if not files:
            raise RecordError(str(path), f"the folder has no {' or '.join(suffixes)} files.")
        return files
    if not path.exists():
        raise RecordError(str(path), "there is no such file or folder. Check the path.")
    return [path]


def read_text(path: Path) -> str:
    """Read a file as UTF-8, with or without a byte order mark. Raises RecordError for any other encoding."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(path.name, f"cannot be read: {error.strerror}.") from error
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
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
    except RecursionError as error:
        raise RecordError(where, "is nested too deeply to be a record.") from error
    except json.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise RecordError(where, f"is not JSON: {error.msg} at {position}.") from error
    except ValueError as error:
        raise RecordError(where, f"is not JSON: {error}.") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return result


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
