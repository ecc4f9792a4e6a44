"""Which parts of summaries a metric finds bad, held against the words that readers marked there."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from annotations.models import SummaryEvidence
from leaderboards.data.inputs import BoardInputs
from marks.report.arrays import MarkedStudy
from models_runner.metrics.facts.texts import summary_sentences
from models_runner.metrics.protocol import SENTENCE
from models_runner.models import ScoredSpans, Summary
from stats.marks.seeing import Suspicions
from stats.votes.arrays import FloatArray

AT_ONCE = 500


class SuspiciousPart(NamedTuple):
    """A part of a summary, and how suspicious a metric finds it."""

    start: int
    end: int
    suspicion: float


@dataclass(frozen=True)
class MarkedParts:
    """Parts with who marked them; one entry for each part and reader.

    Attributes:
        parts: As statistics take them.
        kinds: How many marks of each kind the reader put into the part, shape (n, k).
    """

    parts: Suspicions
    kinds: FloatArray

    def of_kind(self, kind: int) -> Suspicions:
        """Return the parts that are marked with this kind, and those without any mark."""
        with_kind = self.kinds[:, kind] > 0
        chosen = with_kind | ~self.parts.marked
        return Suspicions(
            self.parts.suspicion[chosen], with_kind[chosen], self.parts.document[chosen], self.parts.annotator[chosen]
        )


class ReadParts:
    """The parts of the summaries that people read for errors.

    Args:
        inputs: Of any board of the study; which signatures are the newest is read from there.
        marked: The study's marks.
    """

    def __init__(self, inputs: BoardInputs, marked: MarkedStudy) -> None:
        self._marked = marked
        self._newest = {(score.summary, score.name): score.signature_id for score in inputs.scores}
        self._readers = defaultdict(list)
        for annotator, summary in marked.readings:
            self._readers[summary].append(annotator)
        self._number = {who: n for n, who in enumerate(sorted({annotator for annotator, _ in marked.readings}))}

    @cached_property
    def spans(self) -> dict[str, dict[int, list[dict[str, object]]]]:
        """The newest values of parts by metric value and summary."""
        found: dict[str, dict[int, list[dict[str, object]]]] = defaultdict(dict)
        for keys in _portions(sorted(self._marked.summaries)):
            rows = ScoredSpans.objects.filter(summary__in=keys).order_by("pk")
            for summary, name, signature, spans in rows.values_list("summary_id", "name", "signature_id", "spans"):
                if self._newest.get((summary, name)) == signature:
                    found[name][summary] = spans
        return found

    @cached_property
    def _sentences(self) -> dict[int, list[tuple[int, int]]]:
        found = {}
        for keys in _portions(sorted(self._marked.summaries)):
            rows = Summary.objects.filter(pk__in=keys).values_list("pk", "text", "document__language")
            for pk, text, language in rows:
                found[pk] = [(one.start, one.end) for one in summary_sentences(text, language)]
        return found

    @cached_property
    def _marks(self) -> Mapping[tuple[int, int], list[tuple[int, int, int]]]:
        """Kind, start and end of marks on words, by annotator and summary."""
        found: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
        numbers = self._marked.kind_numbers
        for mark in self._marked.marks:
            if mark.start is not None and mark.end is not None:
                found[mark.annotator, mark.summary].append((numbers[mark.kind], mark.start, mark.end))
        return found

    def has_sentences(self, name: str) -> bool:
        """Tell whether the parts are sentences; else they are places in them, such as numbers."""
        return any(span["kind"] == SENTENCE for spans in self.spans[name].values() for span in spans)

    def own_parts(self, name: str, sign: float) -> MarkedParts:
        """Return the parts that a metric gives values to.

        sign: 1 where higher values are worse, -1 where lower ones are.
        """
        return self._with_readers({summary: list(_valued(spans, sign)) for summary, spans in self.spans[name].items()})

    def sentences(self, name: str, sign: float) -> MarkedParts:
        """Return every sentence of summaries with such parts, as suspicious as its worst part.

        One without a part is as little suspicious as the least suspicious part: the metric finds nothing there.
        """
        valued = {summary: list(_valued(spans, sign)) for summary, spans in self.spans[name].items()}
        least = min((part.suspicion for parts in valued.values() for part in parts), default=0.0)
        rows = {
            summary: [
                SuspiciousPart(
                    start, end, max([least, *(one.suspicion for one in parts if one.start < end and one.end > start)])
                )
                for start, end in self._sentences.get(summary, ())
            ]
            for summary, parts in valued.items()
        }
        return self._with_readers(rows)

    def without_support(self) -> MarkedParts:
        """Return the sentences for which turns were looked for, suspicious (1) where none was found."""
        rows: dict[int, list[SuspiciousPart]] = {}
        for keys in _portions(sorted(self._marked.summaries)):
            found = SummaryEvidence.objects.current().filter(summary__in=keys)
            for summary, spans in found.values_list("summary_id", "spans"):
                rows[summary] = [SuspiciousPart(span["start"], span["end"], float(not span["turns"])) for span in spans]
        return self._with_readers(rows)

    def _with_readers(self, parts: Mapping[int, Sequence[SuspiciousPart]]) -> MarkedParts:
        suspicion, document, annotator, kinds = [], [], [], []
        for summary in sorted(parts):
            for reader in self._readers[summary]:
                marks = self._marks.get((reader, summary), ())
                for part in parts[summary]:
                    of_kinds = [0] * len(self._marked.kinds)
                    for kind, start, end in marks:
                        of_kinds[kind] += start < part.end and end > part.start
                    suspicion.append(part.suspicion)
                    document.append(self._marked.summaries[summary].document)
                    annotator.append(self._number[reader])
                    kinds.append(of_kinds)
        counts = np.array(kinds, dtype=np.float64).reshape(len(suspicion), len(self._marked.kinds))
        units = (np.array(column, dtype=np.int64) for column in (document, annotator))
        return MarkedParts(Suspicions(np.array(suspicion, dtype=np.float64), counts.sum(axis=1) > 0, *units), counts)


def _valued(spans: Sequence[Mapping[str, object]], sign: float) -> Iterator[SuspiciousPart]:
    for span in spans:
        value, start, end = span["value"], span["start"], span["end"]
        if isinstance(value, int | float) and isinstance(start, int) and isinstance(end, int):
            yield SuspiciousPart(start, end, sign * value)


def _portions(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for begin in range(0, len(keys), AT_ONCE):
        yield keys[begin : begin + AT_ONCE]
