"""What is taken out of an output before it is compared, and why."""

import io
import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser

from tools.filled.still import NEW

# A number or a name with one in it: 3, +1.5%, annotator-001, 2026.
FIGURE = re.compile(r"[^\s]*\d[^\s]*")
EDGES = ".,;:()[]{}“”\"'…·"


def sorted_json(content: bytes) -> bytes:
    """JSON with its keys in order. What PostgreSQL keeps as jsonb has lost the order in which it was written."""
    try:
        value = json.loads(content)
    except ValueError:
        return content
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def whole(content: bytes) -> bytes:
    """JSON Lines as one JSON value, so that they can be sorted as well; a refusal as it is."""
    lines = content.decode().splitlines()
    try:
        return json.dumps([json.loads(line) for line in lines]).encode() if len(lines) > 1 else content
    except ValueError:
        return content


def table(content: bytes) -> bytes:
    """A Parquet file as its columns and rows: how they are packed follows from pyarrow's version."""
    if not content.startswith(b"PAR1"):
        return content
    import pyarrow.parquet

    read = pyarrow.parquet.read_table(io.BytesIO(content))
    columns = [f"{column.name}: {column.type}" for column in read.schema]
    rows = (json.dumps(row, ensure_ascii=False, default=str) for row in read.to_pylist())
    return "\n".join([*columns, *rows, ""]).encode()


def digests(content: bytes, names: Mapping[str, str]) -> bytes:
    """The names of the files in place of their digests, which follow from what is compared itself."""
    text = re.sub(r"[0-9a-f]{64}", lambda match: names.get(match[0], match[0]), content.decode())
    return re.sub(r'("contentSize": ")\d+', r"\1", text).encode()


def folders(content: bytes) -> bytes:
    """What commands say of files, without this installation's folder and without what names a new folder."""
    return new_identifiers(re.sub(rb"/\S*?/(releases|exports)/", rb"\1/", content))


def new_identifiers(content: bytes) -> bytes:
    """Which of the identifiers that are made meanwhile this one is says how many were made before, nothing else."""
    return re.sub(NEW.encode() + rb"[0-9a-f]{12}", b"an-identifier", content)


class _Text(HTMLParser):
    """The text of a page's main part."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = self.main = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("script", "style")
        self.main += tag == "main"

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style")
        self.main -= tag == "main"

    def handle_data(self, data: str) -> None:
        if self.main and not self.hidden:
            self.parts.append(data)


def figures(content: bytes, names: set[str]) -> bytes:
    """Every word with a digit, and every name, in order: sentences may be written better, figures may not change."""
    text = content.decode()
    first = text.partition("\n")[0] if text.startswith("HTTP ") else ""
    if "<main" in text:
        page = _Text()
        page.feed(text)
        text = " ".join(page.parts)
    words = (word.strip(EDGES) for word in text.split())
    kept = [first] if first else []
    kept += [word for word in words if FIGURE.fullmatch(word) or word in names]
    return ("\n".join(kept) + "\n").encode()


def code_version(content: bytes, version: str) -> bytes:
    """Every board names the version of the code that made it, which is raised on purpose."""
    return re.sub(rb"(?<![\d.])" + re.escape(version.encode()) + rb"(?![\d.])", b"CODE-VERSION", content)
