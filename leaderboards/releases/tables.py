"""The columns of a release's tables; write a table as JSON Lines and as Parquet in one pass."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from leaderboards.exports.columns import (
    FLAG,
    NUMBER,
    TEXT,
    TEXTS,
    TIMED_TURNS,
    TURNS,
    VOTE_TYPES,
    WHOLE,
    schema_of,
    table_of,
)
from leaderboards.exports.lines import json_lines
from leaderboards.exports.looks import LOOK_COLUMNS, LOOK_TYPES
from leaderboards.exports.rows import Row
from lib.files import replace_bytes_when_complete, replace_when_complete


@dataclass(frozen=True)
class ReleaseTable:
    """A table of a release.

    Attributes:
        about: What a row is; goes into the release's documentation.
        types: Types by column.
        meanings: What columns say, for croissant.json.
    """

    name: str
    about: str
    types: dict[str, str]
    rows_at_once: int = 5_000
    meanings: dict[str, str] = field(default_factory=dict)


TABLES = {
    table.name: table
    for table in (
        ReleaseTable("votes", "A vote: one judge's answer to one question about one comparison.", VOTE_TYPES),
        ReleaseTable(
            "comparisons",
            "Two summaries of one document (or of one query on it) that were compared.",
            {
                "comparison_id": WHOLE,
                "document_id": TEXT,
                "query": TEXT,
                "query_number": WHOLE,
                "summary_a": WHOLE,
                "summary_b": WHOLE,
                "model_a": TEXT,
                "model_b": TEXT,
            },
        ),
        ReleaseTable(
            "summaries",
            "A summary. current: the newest of its system, document and query, which the board's metrics are means of.",
            {
                "summary_id": WHOLE,
                "document_id": TEXT,
                "query": TEXT,
                "query_number": WHOLE,
                "system": TEXT,
                "instruction": TEXT,
                "instruction_version": WHOLE,
                "current": FLAG,
                "text": TEXT,
                "text_sha256": TEXT,
                "stop_reason": TEXT,
                "prompt_tokens": WHOLE,
                "output_tokens": WHOLE,
                "dropped_tokens": WHOLE,
                "seconds": NUMBER,
                "trained_on_document": FLAG,
            },
            rows_at_once=500,
        ),
        ReleaseTable(
            "documents",
            "A transcript: turns of speaker, content and, where known, start in seconds. "
            'text_sha256: of the turns as lines "speaker: content".',
            {
                "document_id": TEXT,
                "title": TEXT,
                "split": TEXT,
                "language": TEXT,
                "licence": TEXT,
                "redistributable": FLAG,
                "words": WHOLE,
                "turns": TURNS,
                "queries": TEXTS,
                "text_sha256": TEXT,
            },
            rows_at_once=20,
        ),
        ReleaseTable(
            "references",
            "A summary written by a person, for one length, for any (instruction empty), or for a query.",
            {
                "document_id": TEXT,
                "query": TEXT,
                "query_number": WHOLE,
                "instruction": TEXT,
                "position": WHOLE,
                "text": TEXT,
                "text_sha256": TEXT,
            },
            rows_at_once=500,
        ),
        ReleaseTable(
            "scores",
            "A metric's value of a summary, under a signature: name, version and every setting that changes it.",
            {
                "summary_id": WHOLE,
                "document_id": TEXT,
                "system": TEXT,
                "metric": TEXT,
                "name": TEXT,
                "value": NUMBER,
                "reason": TEXT,
                "signature": TEXT,
                "current": FLAG,
            },
        ),
        ReleaseTable(
            "systems",
            "What wrote the summaries.",
            {
                "system": TEXT,
                "name": TEXT,
                "on_board": FLAG,
                "regime": TEXT,
                "size_class": TEXT,
                "parameters": WHOLE,
                "adapter": TEXT,
                "model_id": TEXT,
                "revision": TEXT,
                "context_window": WHOLE,
                "prompt_template": TEXT,
                "decoding": TEXT,
                "long_input": TEXT,
                "base": TEXT,
                "licence": TEXT,
            },
        ),
        ReleaseTable(
            "annotators",
            "Who voted, under a name that leads to nobody.",
            {"judge": TEXT, "judge_type": TEXT, "rated_elsewhere": FLAG, "excluded": FLAG, "warnings": TEXT},
        ),
        ReleaseTable(
            "repeats",
            "A pair that came again to the same person, sides swapped: the vote (by its id) and the second answer, "
            "which counts on no board.",
            {
                "id": TEXT,
                "comparison_id": WHOLE,
                "criterion": TEXT,
                "judge": TEXT,
                "winner": TEXT,
                "winner_again": TEXT,
            },
        ),
        ReleaseTable(
            "looks",
            "A planned look at the two systems in question while votes came in: the plan, and what the look found.",
            LOOK_TYPES,
            meanings={name: meaning for name, (_, meaning) in LOOK_COLUMNS.items()},
        ),
        ReleaseTable(
            "verdicts",
            "What a language model said as a judge: of two summaries in one order, or a score of one. Never a vote; it "
            "counts on no board of people.",
            {
                "document_id": TEXT,
                "query": TEXT,
                "query_number": WHOLE,
                "criterion": TEXT,
                "judge": TEXT,
                "model_a": TEXT,
                "model_b": TEXT,
                "shown_first": TEXT,
                "winner": TEXT,
                "p_a": NUMBER,
                "p_b": NUMBER,
                "p_tie": NUMBER,
                "system": TEXT,
                "score": NUMBER,
                "scale_min": NUMBER,
                "scale_max": NUMBER,
                "sample": WHOLE,
                "reason": TEXT,
            },
        ),
        ReleaseTable(
            "marks",
            "What people say is wrong with a summary: characters of its text, or the whole of it where start and end "
            "are empty. A row without a kind says that somebody read the summary and found nothing. Never a vote.",
            {
                "document_id": TEXT,
                "query": TEXT,
                "query_number": WHOLE,
                "system": TEXT,
                "annotator": TEXT,
                "start": WHOLE,
                "end": WHOLE,
                "text": TEXT,
                "kind": TEXT,
                "severity": TEXT,
                "comment": TEXT,
            },
        ),
        ReleaseTable(
            "comments",
            "What annotators wrote beside their votes.",
            {"comparison_id": WHOLE, "judge": TEXT, "comment": TEXT},
        ),
    )
}


def with_times(table: ReleaseTable) -> ReleaseTable:
    """Return the table with turns that have a start."""
    types = {name: TIMED_TURNS if kind == TURNS else kind for name, kind in table.types.items()}
    return replace(table, types=types)


def write_table(folder: Path, table: ReleaseTable, rows: Iterable[Row], progress: Callable[[int], object]) -> int:
    """Write NAME.jsonl and NAME.parquet, holding a group of rows at a time; return the number of rows.

    progress: Called with the number of rows of each group.
    """
    import pyarrow.parquet as pq

    schema = schema_of(table.types)
    iterator, count = json_lines(rows), 0
    with (
        replace_when_complete(folder / f"{table.name}.jsonl") as lines,
        replace_bytes_when_complete(folder / f"{table.name}.parquet") as binary,
        pq.ParquetWriter(binary, schema, compression="zstd") as columns,
    ):
        while group := list(islice(iterator, table.rows_at_once)):
            lines.writelines(group)
            columns.write_table(table_of(group, schema))
            count += len(group)
            progress(len(group))
    return count


def give_back_memory() -> None:
    """Return the memory that writing tables took to the system before the boards are computed."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
