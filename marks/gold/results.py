"""How far annotators mark what a careful reader marks: on gold items for researchers, after practice for themselves."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotations.models import Annotator, Assignment, ControlItem, Purpose, Study
from marks.kinds.library import kind_label
from marks.marking.panel import sides_of
from marks.marking.places import as_read
from marks.models import ExpectedMark, Mark
from stats.marks.spans import characters
from stats.raters.gold_marks import GoldMarks, MarkedItem, gold_marks


@dataclass(frozen=True)
class AnnotatorMarks:
    """An annotator's marks on gold items, held against what is expected of them; items: how many they rated."""

    annotator: Annotator
    items: int
    marks: GoldMarks


@dataclass(frozen=True)
class MarkFeedback:
    """One expected mark of a training pair, in the words of the page; text is empty for one on the whole."""

    side: str
    kind: str
    text: str
    found: bool


def gold_marks_by_annotator(study: Study) -> list[AnnotatorMarks]:
    """Return those who rated a gold item that is on and has expected marks, by pseudonym; a handful of queries."""
    on = ControlItem.objects.filter(comparison__study=study, comparison__purpose=Purpose.GOLD, switched_off_at=None)
    expected: defaultdict[int, list[ExpectedMark]] = defaultdict(list)
    for mark in ExpectedMark.objects.filter(item__in=on).select_related("item"):
        expected[mark.item.comparison_id].append(mark)
    rated = Assignment.objects.filter(comparison__in=list(expected), state=Assignment.State.DONE)
    given = _given(rated.values_list("pk", flat=True))
    held: defaultdict[int, list[MarkedItem]] = defaultdict(list)
    items: defaultdict[int, int] = defaultdict(int)
    for pk, annotator, comparison in rated.values_list("pk", "annotator_id", "comparison_id"):
        items[annotator] += 1
        held[annotator] += _held_against(expected[comparison], given[pk])
    people = study.annotators.filter(pk__in=list(held)).order_by("pseudonym")
    return [AnnotatorMarks(who, items[who.pk], gold_marks(held[who.pk])) for who in people]


def marks_feedback(assignment: Assignment) -> list[MarkFeedback]:
    """Return what a careful reader marks on this training pair, and which of it the annotator marked too."""
    rows = ExpectedMark.objects.filter(item__comparison=assignment.comparison_id)
    expected = list(rows.select_related("kind", "summary"))
    given = _given([assignment.pk])[assignment.pk] if expected else []
    return [
        MarkFeedback(
            side=sides_of(assignment, assignment.comparison, {mark.summary_id})[0],
            kind=kind_label(mark.kind.name),
            text=_as_read(mark, assignment.annotator.study),
            found=_is_found(mark, given),
        )
        for mark in expected
    ]


def _as_read(mark: ExpectedMark, study: Study) -> str:
    if mark.start is None or mark.end is None:
        return ""
    return as_read(mark.summary.text, study.summary_format, mark.start, mark.end)[2]


def _given(assignments: Iterable[int]) -> defaultdict[int, list[Mark]]:
    given: defaultdict[int, list[Mark]] = defaultdict(list)
    for mark in Mark.objects.standing().filter(assignment__in=list(assignments)):
        given[mark.assignment_id or 0].append(mark)
    return given


def _held_against(expected: Sequence[ExpectedMark], given: Sequence[Mark]) -> list[MarkedItem]:
    """Return one entry for each of the two summaries that somebody marked or should have."""
    held = []
    for summary in {mark.summary_id for mark in expected} | {mark.summary_id for mark in given}:
        wanted = [mark for mark in expected if mark.summary_id == summary]
        marked = [mark for mark in given if mark.summary_id == summary]
        ours, theirs = _characters(wanted), _characters(marked)
        found = sum(_is_found(mark, marked) for mark in wanted)
        held.append(MarkedItem(len(wanted), found, len(ours & theirs), len(ours) + len(theirs)))
    return held


def _characters(marks: Sequence[ExpectedMark | Mark]) -> set[int]:
    return characters((mark.start, mark.end) for mark in marks if mark.start is not None and mark.end is not None)


def _is_found(expected: ExpectedMark, given: Sequence[Mark]) -> bool:
    """Of words: a character of them was marked, whatever was said of it; of the whole: the same kind was."""
    marks = [mark for mark in given if mark.summary_id == expected.summary_id]
    if expected.start is None:
        return any(mark.start is None and mark.kind_id == expected.kind_id for mark in marks)
    return bool(_characters([expected]) & _characters(marks))
