"""Summaries of one document side by side, before anybody rates them: words, lengths, scores, supporting turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotations.models import SummaryEvidence
from lib.language import words
from lib.text.differences import Piece, mark_differences
from lib.text.translated import verbatim
from models_runner.adapters.prompts import output_tokens
from models_runner.models import Document, Summary
from models_runner.runs.requests import adapter_spec
from models_runner.runs.shown_summaries import DocumentSummary, ScoreGroup, summaries_of

MOST = 3


@dataclass(frozen=True)
class ShownSentence:
    """A sentence of a summary with the turns that may support it, best first; none: none was found."""

    text: str
    turns: tuple[int, ...]


@dataclass(frozen=True)
class SummaryBeside:
    """One of the summaries.

    Attributes:
        pieces: Its text, with the words marked that no other one has.
        words: How many it has.
        limit: How much of the output limit it used, a share; None where no limit is on the system's record.
        sentences: None while no evidence has been looked for.
    """

    summary: Summary
    pieces: list[Piece]
    words: int
    limit: float | None
    score_groups: list[ScoreGroup]
    sentences: list[ShownSentence] | None

    @property
    def unsupported(self) -> int:
        return sum(not sentence.turns for sentence in self.sentences or ())


@dataclass(frozen=True)
class SideBySide:
    """What the page shows.

    Attributes:
        asked: Which summaries: the instruction, or "query-" and the key of a query.
        offered: What could be asked for, with its name.
        systems: Slugs of all systems with such a summary; chosen: of those that are shown.
        left_out: How many of the chosen systems are not shown, because there is room for three.
    """

    asked: str
    offered: list[tuple[str, str]]
    systems: list[str]
    chosen: list[str]
    left_out: int
    items: list[SummaryBeside]


def side_by_side(document: Document, asked: str, systems: Sequence[str]) -> SideBySide:
    """Compare summaries of these systems; where fewer than two are named, others join them."""
    groups: dict[str, dict[str, DocumentSummary]] = {}
    offered: dict[str, str] = {}
    for item in summaries_of(document):
        if item.summary.status == Summary.Status.DONE:
            key, name = _of(item.summary)
            offered[key] = name
            groups.setdefault(key, {})[item.summary.run.system.slug] = item
    if asked not in groups:
        asked = max(groups, key=lambda key: len(groups[key]), default="")
    by_system = groups.get(asked, {})
    chosen = _chosen(systems, list(by_system))
    items = _compared(document, [by_system[slug] for slug in chosen])
    named = [slug for slug in dict.fromkeys(systems) if slug in by_system]
    left_out = max(0, len(named) - MOST)
    return SideBySide(asked, list(offered.items()), list(by_system), chosen, left_out, items)


def _of(summary: Summary) -> tuple[str, str]:
    if summary.query is None:
        return summary.run.instruction, summary.run.get_instruction_display()
    return f"query-{summary.query.pk}", verbatim(summary.query.text)


def _chosen(asked: Sequence[str], there: Sequence[str]) -> list[str]:
    named = [slug for slug in dict.fromkeys(asked) if slug in there]
    others = [slug for slug in there if slug not in named]
    return (named + others[: max(0, 2 - len(named))])[:MOST]


def _compared(document: Document, items: Sequence[DocumentSummary]) -> list[SummaryBeside]:
    pieces = mark_differences([item.summary.text for item in items])
    evidence = SummaryEvidence.objects.current().filter(summary__in=[item.summary.pk for item in items])
    spans = {located.summary_id: located.spans for located in evidence}
    return [
        SummaryBeside(
            summary=item.summary,
            pieces=marked,
            words=len(words(item.summary.text, document.language)),
            limit=_limit(item.summary),
            score_groups=item.score_groups,
            sentences=_sentences(item.summary, spans.get(item.summary.pk)),
        )
        for item, marked in zip(items, pieces, strict=True)
    ]


def _limit(summary: Summary) -> float | None:
    system = summary.run.system
    if summary.output_tokens is None or not system.decoding.get("max_tokens"):
        return None
    return summary.output_tokens / output_tokens(adapter_spec(system), summary.run.instruction)


def _sentences(summary: Summary, spans: Sequence[Mapping] | None) -> list[ShownSentence] | None:
    if spans is None:
        return None
    return [
        ShownSentence(summary.text[span["start"] : span["end"]], tuple(turn["number"] for turn in span["turns"]))
        for span in spans
    ]


def neighbours(document: Document, shown: SideBySide) -> tuple[Document | None, Document | None]:
    """Return the documents before and after that every chosen system has summarized under this instruction."""
    documents = document.dataset.documents.defer("metadata")
    instruction = "query" if shown.asked.startswith("query-") else shown.asked
    for slug in shown.chosen:
        done = Summary.objects.done().filter(run__system__slug=slug, run__instruction=instruction)
        documents = documents.filter(pk__in=done.values("document"))
    before = documents.filter(position__lt=document.position).order_by("-position").first()
    return before, documents.filter(position__gt=document.position).order_by("position").first()
