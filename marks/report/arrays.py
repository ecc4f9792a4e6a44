"""Read a study's marks and readings in the form that statistics take."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np

from annotations.models import Criterion, Judgement, Outcome, Study
from lib.language import word_spans, words
from marks.models import Mark, MarkKind, Reading, Severity
from models_runner.models import Summary, System
from stats.judges.jury import JuryRows
from stats.marks.arrays import Readings
from stats.marks.spans import Overlaps, characters
from stats.votes.arrays import FloatArray, IntArray

AT_ONCE = 2_000
SHARE_OF_A = {Outcome.A: 1.0, Outcome.B: 0.0}


class ReadSummary(NamedTuple):
    """A summary that somebody read for errors."""

    system: int
    document: int
    words: int
    word_spans: list[tuple[int, int]]


class MarkRow(NamedTuple):
    """A mark that counts."""

    annotator: int
    summary: int
    kind: int
    severity: str
    start: int | None
    end: int | None


@dataclass(frozen=True)
class MarkedStudy:
    """The marks of a study that count, and who read what.

    Attributes:
        systems: Of the study, in the order of their slugs.
        kinds: Those that somebody marked, in the study's order.
        readings: Keys of annotator and summary, in order.
        summaries: Those that were read, by key.
        marks: In the order they were made.
    """

    study: Study
    systems: list[System]
    kinds: list[MarkKind]
    readings: list[tuple[int, int]]
    summaries: Mapping[int, ReadSummary]
    marks: list[MarkRow]

    @cached_property
    def kind_numbers(self) -> dict[int, int]:
        return {kind.pk: n for n, kind in enumerate(self.kinds)}

    @cached_property
    def arrays(self) -> Readings:
        """Each reading, with its errors of each kind."""
        row = {reading: n for n, reading in enumerate(self.readings)}
        errors, major = (np.zeros((len(row), len(self.kinds))) for _ in range(2))
        for mark in self.marks:
            at = row[mark.annotator, mark.summary], self.kind_numbers[mark.kind]
            errors[at] += 1
            major[at] += mark.severity == Severity.MAJOR
        read = [self.summaries[summary] for _, summary in self.readings]
        return Readings(
            system=_numbers(summary.system for summary in read),
            document=_numbers(summary.document for summary in read),
            annotator=_renumbered([annotator for annotator, _ in self.readings]),
            words=np.array([summary.words for summary in read], dtype=np.float64),
            errors=errors,
            major=major,
        )

    @cached_property
    def shared(self) -> list[tuple[int, list[int]]]:
        """The summaries that two people or more read, with who did."""
        readers: defaultdict[int, list[int]] = defaultdict(list)
        for annotator, summary in self.readings:
            readers[summary].append(annotator)
        return [(summary, sorted(who)) for summary, who in sorted(readers.items()) if len(who) > 1]

    @cached_property
    def _spans(self) -> dict[tuple[int, int], list[tuple[int, int, int]]]:
        """The kind, start and end of marks on words, by annotator and summary."""
        spans: defaultdict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
        for mark in self.marks:
            if mark.start is not None and mark.end is not None:
                spans[mark.annotator, mark.summary].append((self.kind_numbers[mark.kind], mark.start, mark.end))
        return spans

    def _of_kinds(self, annotator: int, summary: int, kinds: frozenset[int]) -> list[tuple[int, int]]:
        return [(start, end) for kind, start, end in self._spans.get((annotator, summary), ()) if kind in kinds]

    def overlaps(self, kinds: Iterable[int]) -> Overlaps:
        """Return what every two readers of a summary marked of these kinds, on words."""
        chosen, rows = frozenset(kinds), []
        for summary, readers in self.shared:
            marked = {who: characters(self._of_kinds(who, summary, chosen)) for who in readers}
            for one, other in combinations(readers, 2):
                both, each = len(marked[one] & marked[other]), len(marked[one]) + len(marked[other])
                rows.append((both, each, self.summaries[summary].document, one, other))
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(5)]
        people = {who: n for n, who in enumerate(sorted({*columns[3], *columns[4]}))}
        return Overlaps(
            both=np.array(columns[0], dtype=np.float64),
            each=np.array(columns[1], dtype=np.float64),
            document=_numbers(columns[2]),
            first=_numbers(people[who] for who in columns[3]),
            second=_numbers(people[who] for who in columns[4]),
        )

    def marked_words(self, kinds: Iterable[int]) -> "MarkedWords":
        """Return for every word of a summary that several people read, who marked it with one of these kinds."""
        chosen, item = frozenset(kinds), 0
        rows: list[tuple[int, int, int, int]] = []
        for summary, readers in self.shared:
            read = self.summaries[summary]
            spans = {who: self._of_kinds(who, summary, chosen) for who in readers}
            for start, end in read.word_spans:
                for who in readers:
                    marked = any(begin < end and stop > start for begin, stop in spans[who])
                    rows.append((item, who, int(marked), read.document))
                item += 1
        columns = [_numbers(column) for column in zip(*rows, strict=True)] or [_numbers([])] * 4
        return MarkedWords(columns[0], _renumbered(columns[1].tolist()), columns[2], columns[3])

    def told(self, criterion: Criterion) -> JuryRows:
        """Return votes with the errors in a less those in b: the voter's own marks, or the mean of all readers'."""
        errors = self.arrays.errors
        own = dict(zip(self.readings, errors, strict=True))
        by_summary: defaultdict[int, list[FloatArray]] = defaultdict(list)
        for (_, summary), row in own.items():
            by_summary[summary].append(row)
        means = {summary: np.mean(rows, axis=0) for summary, rows in by_summary.items()}
        votes, x = [], []
        for pair, voter, outcome, a, b in _votes(criterion):
            sides = [own.get((voter, side)) for side in (a, b)]
            if any(side is None for side in sides):
                sides = [means.get(side) for side in (a, b)]
            if sides[0] is not None and sides[1] is not None:
                x.append(sides[0] - sides[1])
                votes.append((pair, voter, SHARE_OF_A.get(Outcome(outcome), 0.5)))
        return JuryRows(
            x=np.array(x, dtype=np.float64).reshape(len(votes), len(self.kinds)),
            share=np.array([vote[2] for vote in votes], dtype=np.float64),
            weight=np.ones(len(votes)),
            document=_numbers(vote[0] for vote in votes),
            annotator=_renumbered([vote[1] for vote in votes]),
        )


class MarkedWords(NamedTuple):
    """One entry for each word and reader: whether they marked it."""

    word: IntArray
    annotator: IntArray
    marked: IntArray
    document: IntArray


def read_marked_study(study: Study) -> MarkedStudy:
    """Read the marks that count and who read what, in a handful of queries."""
    systems = list(study.systems.order_by("slug"))
    columns = ("annotator_id", "summary_id", "kind_id", "severity", "start", "end")
    rows = Mark.objects.counted().filter(study=study, summary__run__system__in=systems).order_by("pk")
    marks = [MarkRow(*row) for row in rows.values_list(*columns).iterator(AT_ONCE)]
    readings = Reading.objects.counted().filter(study=study, summary__run__system__in=systems)
    read = set(readings.values_list("annotator_id", "summary_id").iterator(AT_ONCE))
    read |= {(mark.annotator, mark.summary) for mark in marks}
    used = {mark.kind for mark in marks}
    kinds = [kind for kind in study.mark_kinds.all() if kind.pk in used]
    return MarkedStudy(study, systems, kinds, sorted(read), _summaries(systems, {pk for _, pk in read}), marks)


def _summaries(systems: Sequence[System], keys: Iterable[int]) -> dict[int, ReadSummary]:
    number, found, wanted = {system.pk: n for n, system in enumerate(systems)}, {}, sorted(keys)
    for begin in range(0, len(wanted), AT_ONCE):
        rows = Summary.objects.filter(pk__in=wanted[begin : begin + AT_ONCE])
        columns = ("pk", "run__system_id", "document_id", "document__language", "text")
        for pk, system, document, language, text in rows.values_list(*columns):
            found[pk] = ReadSummary(number[system], document, len(words(text, language)), word_spans(text))
    documents = {document: n for n, document in enumerate(sorted({one.document for one in found.values()}))}
    return {pk: one._replace(document=documents[one.document]) for pk, one in found.items()}


def _votes(criterion: Criterion) -> Iterable[tuple[int, int, str, int, int]]:
    """Return document, voter, outcome and both summaries of each vote of a person that counts."""
    rows = Judgement.objects.counted().filter(criterion=criterion, assignment__annotator__judge_type="human")
    pair = "assignment__comparison"
    columns = (f"{pair}__document_id", "assignment__annotator_id", "outcome")
    sides = (f"{pair}__summary_a_id", f"{pair}__summary_b_id")
    return rows.order_by("pk").values_list(*columns, *sides).iterator(AT_ONCE)


def _numbers(values: Iterable[int]) -> IntArray:
    return np.array(list(values), dtype=np.int64)


def _renumbered(values: Sequence[int]) -> IntArray:
    number = {value: n for n, value in enumerate(sorted(set(values)))}
    return _numbers(number[value] for value in values)
