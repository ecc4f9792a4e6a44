"""Read files of unchecked content: from a disk, uploaded, or out of an archive."""

import codecs
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from lib.json.strict import StrictJsonError, strict_json
from models_runner.importing.records import RecordError

BOMS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
HEAD = 65_536
LINES = (".jsonl", ".ndjson")
# A JSON object or list of objects, lists or texts; "[00:01] Maya:" is none.
JSON_BEGINS = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\"\[{\]])")
ENOUGH_TO_GUESS = 200_000  # bytes


class SourceFile:
    """One file.

    Attributes:
        name: As shown in messages: its path inside what was given, with "/".
        path: Where it is; None if its content was handed over.
        document_id: The id of its document, if it holds one and names none.
        encoding: What somebody says it is; "" for UTF-8.
    """

    def __init__(
        self,
        name: str,
        *,
        path: Path | None = None,
        data: bytes | None = None,
        load: Callable[[], bytes] | None = None,
    ) -> None:
        """Take a path, or the content, or how to get the content."""
        self.name = unicodedata.normalize("NFC", name.replace("\\", "/"))
        self.path = path
        self._load = load if path is None else path.read_bytes
        self.document_id = self.stem
        self.encoding = ""
        if data is not None:
            self.data = data

    @classmethod
    def of(cls, file: "Path | SourceFile") -> "SourceFile":
        return file if isinstance(file, SourceFile) else cls(file.name, path=file)

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem.strip()

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix.lower()

    @cached_property
    def data(self) -> bytes:
        """The whole content, kept until forget()."""
        assert self._load is not None  # noqa: S101  (a source has its data, or a way to get it)
        try:
            return self._load()
        except OSError as error:
            raise RecordError(self.name, f"cannot be read: {error.strerror}.") from error

    @cached_property
    def head(self) -> bytes:
        if self.path is None or "data" in self.__dict__:
            return self.data[:HEAD]
        try:
            with self.path.open("rb") as file:
                return file.read(HEAD)
        except OSError as error:
            raise RecordError(self.name, f"cannot be read: {error.strerror}.") from error

    @cached_property
    def beginning(self) -> str:
        """The first characters, whatever the encoding: to recognise a format, not to read it."""
        bom = next((name for mark, name in BOMS if self.head.startswith(mark)), "")
        try:
            return self.head.decode(bom or self.encoding or "utf-8-sig", errors="replace").lstrip("\ufeff")
        except LookupError:  # said where the whole file is read
            return self.head.decode("utf-8-sig", errors="replace").lstrip("\ufeff")

    @cached_property
    def holds_lines(self) -> bool:
        """Whether it holds a JSON value on each line, whatever its name says."""
        if self.suffix in LINES:
            return not self._is_one_value()
        return _begins_with_objects(self.beginning)

    def _is_one_value(self) -> bool:
        """Whether a file whose name says JSON Lines holds one list of objects, or one object over several lines."""
        first = next((line.strip() for line in self.beginning.split("\n") if line.strip()), "")
        if not first.startswith("[") and first != "{":
            return False
        try:
            value = self.json
        except RecordError:
            return False
        return isinstance(value, dict) or any(isinstance(item, dict) for item in value)

    @property
    def may_be_json(self) -> bool:
        """Whether it begins as one JSON value does; a file with a value on each line is another thing."""
        return bool(JSON_BEGINS.match(self.beginning)) and not self.holds_lines

    def text(self, encoding: str = "") -> str:
        """Return the content as text.

        Args:
            encoding: By name; "" for UTF-8, with or without a byte order mark.
        Raises:
            RecordError: The content is in another encoding.
        """
        try:
            return decode(self.data, self.name, encoding)
        finally:
            self._forget_data()

    @cached_property
    def json(self) -> Any:
        """The content as JSON, kept until forget(). Raises RecordError."""
        return parse_json(self.text(self.encoding), self.name)

    def forget(self) -> None:
        """Free the memory that reading took."""
        self.__dict__.pop("json", None)
        self._forget_data()

    def _forget_data(self) -> None:
        if self._load is not None:
            self.__dict__.pop("data", None)


WESTERN = re.compile(
    r"cp125[02478]|latin_1|iso8859_(?:1|2|9|1[03456])|mac_(?:roman|iceland|latin2|turkish|croatian|romanian)|cp437|cp85[0278]|cp775|cp86[0135]|hp_roman8"
)
# How a file begins that macOS makes beside another one, to hold what the other file system has no place for.
APPLE_DOUBLE = b"\x00\x05\x16\x07"
RECORD_OF_LIST = re.compile(r"\[(\d+)\]\.?")


def read_text(path: Path) -> str:
    """Read a file as UTF-8, with or without a byte order mark. Raises RecordError for any other encoding."""
    return SourceFile.of(path).text()


def decode(data: bytes, name: str, encoding: str = "") -> str:
    if data.startswith(APPLE_DOUBLE):
        raise RecordError(name, "is a hidden file of macOS and holds no text. Give the file without ._ in front.")
    if encoding:
        return _decode_as(data, name, encoding)
    for bom, unicode in BOMS:
        if data.startswith(bom):
            said = f"Say --encoding {unicode.lower()}. {_how_to_convert(unicode)}"
            raise RecordError(name, f"is {unicode}; expected UTF-8. {said}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        guess = _likely_encoding(data)
        raise RecordError(
            name,
            f"is not UTF-8: byte {error.start} (line {line}) is 0x{data[error.start]:02x}. "
            f"{_as_it_would_read(data, error.start, guess)}{_how_to_convert(guess)}",
        ) from error


def _decode_as(data: bytes, name: str, encoding: str) -> str:
    try:
        return data.decode("utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding).lstrip("\ufeff")
    except LookupError as error:
        known = "for example utf-8, windows-1252, utf-16, gb18030, shift_jis"
        raise RecordError(
            name, f"--encoding {encoding} is no encoding that is known here. Name one, {known}."
        ) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecordError(
            name, f"is not {encoding}: byte {error.start} (line {line}) is 0x{data[error.start]:02x}. Name another."
        ) from error


def _likely_encoding(data: bytes) -> str:
    """Guess the encoding of text that is not UTF-8: only to name it, never to read it; "" if nothing fits."""
    from charset_normalizer import from_bytes

    if japanese := _japanese(data[:ENOUGH_TO_GUESS]):
        return japanese
    best = from_bytes(data[:ENOUGH_TO_GUESS]).best()
    if best is None or "\x00" in str(best):
        return ""
    # One-byte encodings of western Europe differ in signs that are rare in speech, and Windows has all of them.
    return "WINDOWS-1252" if WESTERN.fullmatch(best.encoding) else best.encoding.upper().replace("_", "-")


def _japanese(data: bytes) -> str:
    """Return the Japanese encoding in which the text has hiragana, as all Japanese has and no other language."""
    for encoding in ("shift_jis", "euc_jp"):
        text = data.decode(encoding, errors="replace")
        others = [character for character in text if character > "\x7f"]
        if (
            text.count("\ufffd") <= 1
            and sum("\u3040" <= character <= "\u309f" for character in others) > len(others) / 5
        ):
            return encoding.upper().replace("_", "-")
    return ""


def _as_it_would_read(data: bytes, position: int, guess: str) -> str:
    if not guess:
        return ""
    around = data[max(0, position - 20) : position + 20].decode(guess, errors="replace").strip()
    return f"It may be {guess}, in which it reads “…{' '.join(around.split())}…”: then say --encoding {guess.lower()}. "


def _how_to_convert(encoding: str) -> str:
    if encoding:
        return f"Or convert it: iconv -f {encoding} -t UTF-8 OLD > NEW"
    return "Convert it first: iconv -f ENCODING -t UTF-8 OLD > NEW, with ENCODING for example WINDOWS-1252 or GB18030"


def parse_json(text: str, where: str) -> Any:
    """Return the value of a JSON text. Raises RecordError, which names the field at fault where it is known."""
    try:
        return strict_json(text)
    except StrictJsonError as error:
        record = RECORD_OF_LIST.match(error.field)
        where += f", record {record[1]}" if record else ""
        field = error.field[record.end() :] if record else error.field
        raise RecordError(f"{where}, field {field!r}" if field else where, error.message) from error


def json_objects(file: Path | SourceFile, encoding: str = "") -> Iterator[tuple[Any, str]]:
    """Yield the values of a file, each with its place: one a line (.jsonl, or as its lines tell), one, or a list."""
    source = SourceFile.of(file)
    if not source.holds_lines:
        content = source.json if not encoding else parse_json(source.text(encoding), source.name)
        if isinstance(content, list):
            yield from ((item, f"{source.name}, record {n}") for n, item in enumerate(content, start=1))
        else:
            yield content, source.name
        return
    for number, line in text_lines(source, encoding):
        if line.strip():
            where = f"{source.name}, line {number}"
            yield parse_json(line, where), where


def _begins_with_objects(beginning: str) -> bool:
    """Whether a JSON object is on each of the first two lines: many tools name JSON Lines .json."""
    lines = [line for line in beginning.split("\n") if line.strip()][:2]
    if len(lines) < 2 or not all(line.lstrip().startswith("{") for line in lines):
        return False
    try:
        return isinstance(json.loads(lines[0]), dict)
    except (ValueError, RecursionError):
        return False


def text_lines(source: SourceFile, encoding: str = "") -> Iterator[tuple[int, str]]:
    """Yield lines with their numbers from 1; split only at newlines, because texts may hold other line separators."""
    if source.path is None or encoding:
        yield from enumerate(source.text(encoding).split("\n"), start=1)
        return
    source.head  # noqa: B018  (raises RecordError if it cannot be opened)
    with source.path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            yield number, _decoded_line(source, line, number)


def _decoded_line(source: SourceFile, line: bytes, number: int) -> str:
    try:
        if number == 1:
            return decode(line, source.name).removesuffix("\n")
        return line.decode().removesuffix("\n")
    except (UnicodeDecodeError, RecordError):
        source.text()  # says where in the file, and what it may be
        raise
