"""What a front end of one's own is told of marks on a pair: places are characters of the texts as it was given them."""

from dataclasses import dataclass

from annotations.models import AskMarks, Assignment, Comparison
from marks.kinds.library import kind_help, kind_label
from marks.marking.panel import offered_kinds, sides_of
from marks.marking.places import given_place, given_text
from marks.marking.required import lacking_summaries
from marks.models import Mark


@dataclass(frozen=True)
class DescribedKind:
    """about: words, or whole for what is missing from the whole summary."""

    key: str
    label: str
    help_text: str
    about: str


@dataclass(frozen=True)
class DescribedMark:
    """One that stands; key names it, and start and end are empty for one on the whole."""

    key: str
    side: str
    kind: str
    severity: str
    start: int | None
    end: int | None
    text: str


@dataclass(frozen=True)
class PairMarks:
    """lacking: the sides that lose by the stored answers without a mark, where marks are required."""

    required: bool
    kinds: list[DescribedKind]
    standing: list[DescribedMark]
    lacking: list[str]


def marks_of_pair(assignment: Assignment) -> PairMarks | None:
    """Describe the marks of a pair; None, without a query, where the study does not ask for any."""
    study = assignment.annotator.study
    if study.ask_marks == AskMarks.OFF:
        return None
    pair = Comparison.objects.select_related("summary_a", "summary_b").get(pk=assignment.comparison_id)
    standing = Mark.objects.standing().filter(assignment=assignment).select_related("kind").order_by("pk")
    required = study.ask_marks == AskMarks.REQUIRED
    return PairMarks(
        required=required,
        kinds=[
            DescribedKind(kind.key, kind_label(kind.name), kind_help(kind.name, kind.help_text), kind.about)
            for kind in offered_kinds(study)
        ],
        standing=[_described(mark, assignment, pair) for mark in standing],
        lacking=sides_of(assignment, pair, lacking_summaries(assignment)) if required else [],
    )


def _described(mark: Mark, assignment: Assignment, pair: Comparison) -> DescribedMark:
    [side] = sides_of(assignment, pair, {mark.summary_id})[:1]
    summary = pair.summary_a if mark.summary_id == pair.summary_a_id else pair.summary_b
    start, end, words = None, None, ""
    if mark.start is not None and mark.end is not None:
        summary_format = assignment.annotator.study.summary_format
        start, end = given_place(summary.text, summary_format, mark.start, mark.end)
        words = given_text(summary.text, summary_format).text[start:end] if start is not None else ""
    return DescribedMark(str(mark.client_key), side, mark.kind.key, mark.severity, start, end, words)
