"""The export formats; write an export to a file, or part by part for a response."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from annotations.models import Study
from leaderboards.exports.arenas import EVALICA_FIELDS, arena_rows, evalica_rows
from leaderboards.exports.columns import VOTE_TYPES, parquet_parts, schema_of
from leaderboards.exports.lines import csv_lines, json_lines, parts
from leaderboards.exports.preferences import Counting, dpo_rows, kto_rows, openai_rows, results
from leaderboards.exports.rows import (
    ExportVote,
    Row,
    Selection,
    as_row,
    count_left_out,
    flagged_summaries,
    read_export_votes,
)
from leaderboards.exports.texts import Texts
from lib.files import replace_bytes_when_complete

CSV, JSONL = "text/csv; charset=utf-8", "application/jsonl; charset=utf-8"


class UnknownFormatError(LookupError):
    """There is no export format of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no format {name!r}. Expected one of: {', '.join(EXPORTS)}.")


@dataclass(frozen=True)
class Exported:
    """What became of the votes.

    Attributes:
        lines: Rows of the file.
        left_out: Votes that are not in it, by reason.
    """

    lines: int
    left_out: dict[str, int]

    @property
    def summary(self) -> str:
        if not self.left_out:
            return "No vote was left out."
        return "\n".join(["Votes left out:", *(f"{n:>9,} {reason}" for reason, n in sorted(self.left_out.items()))])


@dataclass
class Export:
    """One export: write all `parts`, then `exported` says what became of the votes.

    Attributes:
        progress: Called every few thousand votes with the number read so far.
    """

    study: Study
    format: "ExportFormat"
    selection: Selection = field(default_factory=Selection)
    counting: Counting = Counting.MAJORITY
    progress: Callable[[int], object] = lambda read: None
    _lines: int = 0
    _selection_left_out: Counter[str] = field(default_factory=Counter)
    format_left_out: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if not self.format.marks:
            self.selection = replace(self.selection, include_repeats=False)
        if self.format.one_question and self.selection.criterion is None:
            self.selection = replace(self.selection, criterion=self.study.criteria.first())

    @property
    def name(self) -> str:
        """Name of the file."""
        criterion = self.selection.criterion
        simulated = ["simulated"] if self.study.simulated else []
        about = [*simulated, self.study.slug, *([criterion.key] if criterion else []), self.format.name]
        return f"{'-'.join(about)}.{self.format.ending}"

    @property
    def exported(self) -> Exported:
        return Exported(self._lines, dict(self._selection_left_out + self.format_left_out))

    def total(self) -> int:
        """Count the votes to read."""
        return count_left_out(self.study, self.selection)[""]

    def parts(self) -> Iterator[bytes]:
        """Yield the file part by part."""
        self._lines, self.format_left_out = 0, Counter()
        self._selection_left_out = Counter(count_left_out(self.study, self.selection))
        del self._selection_left_out[""]
        return self.format.serialise(self._counted_rows())

    def _counted_rows(self) -> Iterator[Row]:
        for row in self.format.rows(self):
            self._lines += 1
            yield row

    def votes(self, *, by_comparison: bool = False) -> Iterator[ExportVote]:
        """Yield the votes, reporting progress."""
        for n, vote in enumerate(read_export_votes(self.study, self.selection, by_comparison=by_comparison), start=1):
            if not n % PROGRESS_EVERY:
                self.progress(n)
            yield vote

    def canonical(self) -> Iterator[Row]:
        """Yield the rows that CSV, JSON Lines and Parquet share."""
        flagged = flagged_summaries(self.study)
        return (as_row(vote, flagged) for vote in self.votes())

    def results(self) -> Iterator[ExportVote]:
        """Yield the results that the training formats are made of."""
        ordered = self.votes(by_comparison=self.counting == Counting.MAJORITY)
        return results(ordered, self.counting, self.format_left_out)


PROGRESS_EVERY = 5_000


@dataclass(frozen=True)
class ExportFormat:
    """A format of exports.

    Attributes:
        rows: Yields the rows of an export.
        marks: Whether votes that do not count can be in it, because it says so of each.
        one_question: Whether it takes votes on one criterion only: the study's first if none is named.
        leaves_out: Which votes the format has no place for, in words.
        counts_votes: Whether the choice of `Counting` applies.
    """

    name: str
    label: str
    ending: str
    content_type: str
    rows: Callable[[Export], Iterator[Row]]
    serialise: Callable[[Iterator[Row]], Iterator[bytes]] = lambda rows: parts(json_lines(rows))
    one_question: bool = False
    leaves_out: str = ""
    counts_votes: bool = False
    marks: bool = False


TIES_OUT = "Ties and both bad, and pairs of equal texts."

_FORMATS = (
    ExportFormat(
        "csv",
        "CSV, a row a vote",
        "csv",
        CSV,
        Export.canonical,
        serialise=lambda rows: parts(csv_lines(rows)),
        marks=True,
    ),
    ExportFormat("jsonl", "JSON Lines, a row a vote", "jsonl", JSONL, Export.canonical, marks=True),
    ExportFormat(
        "parquet",
        "Parquet, a row a vote",
        "parquet",
        "application/vnd.apache.parquet",
        Export.canonical,
        serialise=lambda rows: parquet_parts(rows, schema_of(VOTE_TYPES)),
        marks=True,
    ),
    ExportFormat(
        "arena",
        "Arena: two conversations and a winner (arena-rank)",
        "jsonl",
        JSONL,
        lambda export: arena_rows(
            export.votes(), Texts(export.study), export.study.slug, flagged_summaries(export.study)
        ),
        one_question=True,
    ),
    ExportFormat(
        "evalica",
        "Evalica: left, right, winner",
        "csv",
        CSV,
        lambda export: evalica_rows(export.votes()),
        serialise=lambda rows: parts(csv_lines(rows, EVALICA_FIELDS)),
        one_question=True,
    ),
    ExportFormat(
        "dpo",
        "Preferences: prompt, chosen, rejected (TRL, DPO)",
        "jsonl",
        JSONL,
        lambda export: dpo_rows(export.results(), Texts(export.study), export.format_left_out),
        one_question=True,
        leaves_out=TIES_OUT,
        counts_votes=True,
    ),
    ExportFormat(
        "kto",
        "Labelled texts: prompt, completion, label (TRL, KTO)",
        "jsonl",
        JSONL,
        lambda export: kto_rows(export.results(), Texts(export.study), export.format_left_out),
        one_question=True,
        leaves_out="Ties.",
        counts_votes=True,
    ),
    ExportFormat(
        "openai",
        "Comparisons as in summarize-from-feedback",
        "jsonl",
        JSONL,
        lambda export: openai_rows(
            export.votes(),
            Texts(export.study),
            export.format_left_out,
            dataset=export.study.dataset.name,
            study=export.study.slug,
            flagged=flagged_summaries(export.study),
        ),
        one_question=True,
        leaves_out="Ties and both bad: the format has no value for them.",
    ),
)
EXPORTS = {export_format.name: export_format for export_format in _FORMATS}


def get_format(name: str) -> ExportFormat:
    """Return the format of this name. Raises UnknownFormatError."""
    if name not in EXPORTS:
        raise UnknownFormatError(name)
    return EXPORTS[name]


def export_ratings(
    study: Study,
    path: Path,
    format_name: str,
    selection: Selection | None = None,
    *,
    counting: Counting = Counting.MAJORITY,
    progress: Callable[[int], object] = lambda read: None,
) -> Exported:
    """Write the study's votes to a file, which appears when it is complete. Raises UnknownFormatError."""
    export = Export(study, get_format(format_name), selection or Selection(), counting, progress)
    with replace_bytes_when_complete(path) as file:
        for part in export.parts():
            file.write(part)
    return export.exported
