"""Collect the summaries of a document as its page shows them: with their scores, and what of a text was found wrong."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef

from models_runner.metrics.protocol import SENTENCE
from models_runner.models import Document, Score, ScoredSpans, Summary


@dataclass(frozen=True)
class ScoreGroup:
    """The values one metric gave one summary under one signature."""

    metric: str
    signature: str
    scores: list[Score] = field(default_factory=list)


@dataclass(frozen=True)
class MarkedPart:
    """A piece of a summary; kind says what it is where the transcript does not have it, "" for all other text."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class ScoredSentence:
    """A sentence with a metric's value of it."""

    text: str
    name: str
    value: float | None


@dataclass(frozen=True)
class DocumentSummary:
    summary: Summary
    score_groups: list[ScoreGroup]
    parts: list[MarkedPart] = field(default_factory=list)
    sentences: list[ScoredSentence] = field(default_factory=list)


def summaries_of(document: Document) -> list[DocumentSummary]:
    """Return a document's finished and failed summaries by instruction and system, with their scores.

    It takes two SQL queries, one more for the signatures, and one where parts of a summary have values.
    """
    shown = document.summaries.filter(status__in=[Summary.Status.DONE, Summary.Status.FAILED])
    rows = shown.select_related("run__system", "query").defer("run__environment")
    rows = rows.prefetch_related("scores__signature")
    rows = rows.annotate(has_spans=Exists(ScoredSpans.objects.filter(summary=OuterRef("pk"))))
    ordered = rows.order_by("run__instruction", "query__position", "run__system__slug", "run__split", "pk")
    spans = _spans_of([summary.pk for summary in ordered if summary.has_spans])  # type: ignore[attr-defined]
    return [_document_summary(summary, spans[summary.pk]) for summary in ordered]


def _spans_of(summaries: Sequence[int]) -> Mapping[int, dict[str, list[dict[str, Any]]]]:
    """Return the newest spans of these summaries by name; no query for none."""
    newest: dict[int, dict[str, list[dict[str, Any]]]] = defaultdict(dict)
    if summaries:
        rows = ScoredSpans.objects.filter(summary__in=summaries)
        for row in rows.order_by("signature__created_at", "signature_id"):
            newest[row.summary_id][row.name] = row.spans
    return newest


def _document_summary(summary: Summary, newest: Mapping[str, list[dict[str, Any]]]) -> DocumentSummary:
    spans = [(name, span) for name, of_value in newest.items() for span in of_value]
    wrong = [span for _, span in spans if span["kind"] != SENTENCE and span["value"] == 0]
    sentences = [
        ScoredSentence(summary.text[span["start"] : span["end"]], name, span["value"])
        for name, span in spans
        if span["kind"] == SENTENCE
    ]
    return DocumentSummary(summary, _score_groups(summary), marked_parts(summary.text, wrong), sentences)


def marked_parts(text: str, spans: Iterable[Mapping[str, Any]]) -> list[MarkedPart]:
    """Cut a text where spans begin and end; where two overlap, the first counts."""
    parts, at = list[MarkedPart](), 0
    for span in sorted(spans, key=lambda one: (one["start"], one["end"])):
        if span["start"] < at:
            continue
        parts += [MarkedPart(text[at : span["start"]]), MarkedPart(text[span["start"] : span["end"]], span["kind"])]
        at = span["end"]
    return [part for part in [*parts, MarkedPart(text[at:])] if part.text]


def _score_groups(summary: Summary) -> list[ScoreGroup]:
    groups: dict[int, ScoreGroup] = {}
    for score in sorted(summary.scores.all(), key=lambda s: (s.signature.metric, s.signature_id, s.pk)):
        new = ScoreGroup(score.signature.metric, score.signature.text)
        groups.setdefault(score.signature_id, new).scores.append(score)
    return list(groups.values())
