"""Write rows as Parquet, a group of rows at a time."""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from leaderboards.exports.lines import json_lines
from leaderboards.exports.rows import Row

if TYPE_CHECKING:
    import pyarrow

ROWS_AT_ONCE = 10_000
TEXT, WHOLE, NUMBER, FLAG, TEXTS, TURNS = "string", "int64", "double", "bool", "list of texts", "list of turns"
TIMED_TURNS = "list of turns with starts"
# Types by column, in the order of EXPORT_FIELDS.
VOTE_TYPES = {
    "id": TEXT,
    "comparison_id": WHOLE,
    "document_id": TEXT,
    "query": TEXT,
    "query_number": WHOLE,
    "criterion": TEXT,
    "model_a": TEXT,
    "model_b": TEXT,
    "winner": TEXT,
    "judge": TEXT,
    "judge_type": TEXT,
    "shown_left": TEXT,
    "sampling_prob": NUMBER,
    "sampling_from": WHOLE,
    "strength": TEXT,
    "lead_time": NUMBER,
    "active_time": NUMBER,
    "void_reason": TEXT,
    "tstamp": NUMBER,
}


class _Collected:
    """A file for pyarrow that gives away what was written instead of keeping it."""

    closed = False

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        """Return what was written since the last call."""
        pieces, self.pieces = self.pieces, []
        return b"".join(pieces)


def schema_of(types: dict[str, str]) -> "pyarrow.Schema":
    """Return the schema of these columns."""
    import pyarrow as pa

    turn = pa.struct([("speaker", pa.string()), ("content", pa.string())])
    timed_turn = pa.struct([*turn, ("start", pa.float64())])
    named = {
        TEXT: pa.string(),
        WHOLE: pa.int64(),
        NUMBER: pa.float64(),
        FLAG: pa.bool_(),
        TEXTS: pa.list_(pa.string()),
        TURNS: pa.list_(turn),
        TIMED_TURNS: pa.list_(timed_turn),
    }
    return pa.schema([(name, named[kind]) for name, kind in types.items()])


def table_of(lines: Sequence[str], schema: "pyarrow.Schema") -> "pyarrow.Table":
    """Read lines of JSON, at least one, as a table.

    Converting lists of Python values takes three times as long, and loads pandas (50 MB) where it is installed.
    """
    import pyarrow.json

    data = "".join(lines).encode()
    # One block, because no row may span two; no threads, because each would hold memory of its own.
    reading = pyarrow.json.ReadOptions(use_threads=False, block_size=len(data) + 1)
    parsing = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    return pyarrow.json.read_json(io.BytesIO(data), reading, parsing)


def parquet_parts(rows: Iterable[Row], schema: "pyarrow.Schema") -> Iterator[bytes]:
    """Yield the file's bytes in order, holding a group of rows at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = _Collected()
    iterator = json_lines(rows)
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        while group := list(islice(iterator, ROWS_AT_ONCE)):
            writer.write_table(table_of(group, schema))
            yield sink.take()
    yield sink.take()
