"""Examples of errors to read: the sentence with the marked words, and the turns of the meeting that may support it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from annotations.evidence.alignment import sentence_spans
from annotations.models import Study, SummaryEvidence
from marks.kinds.library import kind_label
from marks.models import Mark, folded
from models_runner.models import Transcript

SHOWN = 12
Turn = Mapping[str, Any]


@dataclass(frozen=True)
class ErrorExample:
    """One mark.

    Attributes:
        before, marked, after: The sentences that the mark touches; of a mark on the whole all of the text is before.
        turns: Number, speaker and words of turns that may support the sentence; none: none was found.
        looked: Whether anybody looked for such turns.
    """

    system: str
    document: str
    document_url: str
    language: str
    kind: str
    severity: str
    comment: str
    before: str
    marked: str
    after: str
    turns: list[tuple[int, str, str]]
    looked: bool


def error_examples(study: Study, *, systems: Sequence[str] = (), kind: str = "") -> list[ErrorExample]:
    """Return the newest marks that count, one a summary: major ones first, and of these those on words.

    Args:
        systems: Slugs; all systems if empty.
        kind: A name; all kinds if "".
    """
    marks = Mark.objects.counted().filter(study=study)
    marks = marks.filter(summary__run__system__slug__in=systems) if systems else marks
    marks = marks.filter(kind__key=folded(kind)) if kind else marks
    related = ("kind", "summary__document", "summary__run__system")
    chosen: dict[int, Mark] = {}
    ordered = marks.annotate(whole=Q(start__isnull=True)).order_by("severity", "whole", "-pk")
    for mark in ordered.select_related(*related)[: SHOWN * 5]:
        chosen.setdefault(mark.summary_id, mark)
    shown = list(chosen.values())[:SHOWN]
    return _examples(shown)


def _examples(marks: list[Mark]) -> list[ErrorExample]:
    evidence = SummaryEvidence.objects.current().filter(summary__in=[mark.summary_id for mark in marks])
    spans = {found.summary_id: found.spans for found in evidence}
    documents = {mark.summary.document_id for mark in marks}
    turns = dict(Transcript.objects.filter(document__in=documents).values_list("document_id", "turns"))
    return [_example(mark, spans.get(mark.summary_id), turns.get(mark.summary.document_id, [])) for mark in marks]


def _example(mark: Mark, spans: Iterable[Mapping[str, Any]] | None, turns: Sequence[Turn]) -> ErrorExample:
    document, text = mark.summary.document, mark.summary.text
    begin, start, end, stop = _places(mark, text)
    numbers = _supporting(spans or (), start, end) if mark.is_on_words else []
    return ErrorExample(
        system=mark.summary.run.system.slug,
        document=document.external_id,
        document_url=document.get_absolute_url(),
        language=document.language,
        kind=kind_label(mark.kind.name),
        severity=mark.severity,
        comment=mark.comment,
        before=text[begin:start],
        marked=text[start:end],
        after=text[end:stop],
        turns=[_turn(number, turns[number - 1]) for number in numbers if number <= len(turns)],
        looked=spans is not None and mark.is_on_words,
    )


def _places(mark: Mark, text: str) -> tuple[int, int, int, int]:
    """Return where the sentence begins, the mark begins and ends, and the sentence ends."""
    if mark.start is None or mark.end is None:
        return 0, len(text), len(text), len(text)
    touched = [
        (start, end)
        for start, end in sentence_spans(text, mark.summary.document.language)
        if start < mark.end and end > mark.start
    ]
    begin = min([mark.start, *(start for start, _ in touched)])
    return begin, mark.start, mark.end, max([mark.end, *(end for _, end in touched)])


def _supporting(spans: Iterable[Mapping[str, Any]], start: int, end: int) -> list[int]:
    touched = [span for span in spans if span["start"] < end and span["end"] > start]
    return list(dict.fromkeys(turn["number"] for span in touched for turn in span["turns"]))


def _turn(number: int, turn: Turn) -> tuple[int, str, str]:
    return number, turn.get("speaker", ""), turn["content"]
