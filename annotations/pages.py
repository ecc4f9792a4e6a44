"""What the rating page shows. Only what is named here reaches an annotator: no system, no run, no database id."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from annotations.criteria import in_readers_language
from annotations.judging import choice_of
from annotations.models import Annotator, Assignment, Comparison, Criterion, Study, SummaryEvidence, Wanted
from annotations.remarks import current_comment
from annotations.undo import last_answer
from models_runner.models import InstructionKind, Summary, Transcript

SPEAKER_COLOURS = 8
# What the summaries were asked to be, in words for people (systems read models_runner.instructions).
ASKED_FOR = {
    InstructionKind.LONG: _("a long, detailed summary of the whole meeting"),
    InstructionKind.MEDIUM: _("a summary of the whole meeting, of medium length"),
    InstructionKind.SHORT: _("a very short summary of the whole meeting"),
}


@dataclass(frozen=True)
class Turn:
    number: int
    speaker: str
    content: str
    colour: int  # 1 to SPEAKER_COLOURS, by speaker


@dataclass(frozen=True)
class Choice:
    value: str  # as annotations.forms.VoteForm takes it
    label: str
    key: str  # on the keyboard


PLAIN = (
    Choice("left", _("Left is better"), "1"),
    Choice("tie", _("Equally good"), "3"),
    Choice("right", _("Right is better"), "2"),
    Choice("both_bad", _("Both bad"), "4"),
)
WITH_STRENGTH = (
    Choice("left-2", _("Left much better"), "1"),
    Choice("left-1", _("Left slightly better"), "2"),
    Choice("tie", _("Equally good"), "3"),
    Choice("right-1", _("Right slightly better"), "4"),
    Choice("right-2", _("Right much better"), "5"),
    Choice("both_bad", _("Both bad"), "6"),
)


# Where it is optional: beside the plain answers, and as good as unsaid until left or right is chosen.
HOW_MUCH = (Choice("", "not said", ""), Choice("1", "slightly", "5"), Choice("2", "much", "6"))


def choices_of(study: Study) -> list[Choice]:
    """The buttons of every question, in the order they stand."""
    left_out = {"tie": not study.allow_tie, "both_bad": not study.allow_both_bad}
    shown = WITH_STRENGTH if study.strength == Wanted.REQUIRED else PLAIN
    return [replace(choice, label=gettext(choice.label)) for choice in shown if not left_out.get(choice.value)]


@dataclass(frozen=True)
class Question:
    key: str
    text: str
    help_text: str
    answer: str  # as annotations.forms.VoteForm takes it, or "" while unanswered
    pressed: str  # the value of the choice whose button it is
    how_much: str  # "1", "2", or "" where it was not said
    # The client_key of a vote sent without JavaScript: pressing a button twice is one vote.
    fresh_key: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Part:
    """A piece of a summary; the parts of a summary make up its whole text."""

    text: str
    # The turns that may support this sentence, best first; None: no sentence, but what stands between two.
    turns: tuple[int, ...] | None = None


@dataclass(frozen=True)
class PairEvidence:
    left: list[Part]
    right: list[Part]


@dataclass(frozen=True)
class RatingPage:
    token: UUID
    title: str
    guidelines: str
    document_title: str
    language: str
    task: str
    task_language: str  # empty: the page's own
    turns: list[Turn]
    left: str
    right: str
    evidence: PairEvidence | None  # of both summaries or of none
    questions: list[Question]
    choices: list[Choice]
    how_much: tuple[Choice, ...]
    comments: str  # off, optional or required
    comment: str
    break_minutes: int
    hold_seconds: int  # how often the page says that it is still open
    can_undo: bool
    done: int
    total: int
    # For the forms of undo, comment and skip without JavaScript.
    fresh_keys: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(3)])


def rating_page(assignment: Assignment, *, ahead: bool = False) -> RatingPage:
    """ahead: fetched while the pair before is still being rated."""
    annotator = assignment.annotator
    study, comparison = annotator.study, assignment.comparison
    texts = dict(
        Summary.objects.filter(pk__in=[comparison.summary_a_id, comparison.summary_b_id]).values_list("pk", "text")
    )
    shown = {"a": texts[comparison.summary_a_id], "b": texts[comparison.summary_b_id]}
    document = comparison.document
    done, total = workload(annotator)
    return RatingPage(
        token=assignment.token,
        title=study.heading,
        guidelines=study.guidelines,
        document_title=document.title,
        language=document.language,
        task=comparison.query.text if comparison.query else gettext(ASKED_FOR[InstructionKind(study.instruction)]),
        task_language=document.language if comparison.query else "",
        turns=_turns(Transcript.objects.get(pk=document.pk).turns),
        left=shown[assignment.shown_left],
        right=shown[assignment.shown_right],
        evidence=_evidence(comparison, assignment, shown),
        questions=_questions(study, assignment),
        choices=choices_of(study),
        how_much=HOW_MUCH if study.strength == Wanted.OPTIONAL else (),
        comments=study.comments,
        comment=current_comment(assignment),
        break_minutes=study.break_minutes,
        hold_seconds=max(1, settings.ASSIGNMENT_LEASE_SECONDS // 3),
        can_undo=ahead or last_answer(annotator) is not None,
        done=done + ahead,
        total=total,
    )


def _evidence(comparison: Comparison, assignment: Assignment, texts: dict[str, str]) -> PairEvidence | None:
    """Only where both summaries have it: help on one side alone would push votes."""
    pair = {comparison.summary_a_id: "a", comparison.summary_b_id: "b"}
    rows = SummaryEvidence.objects.current().filter(summary__in=pair)
    spans = {pair[summary]: found for summary, found in rows.values_list("summary", "spans")}
    if len(spans) < len(pair):
        return None
    left, right = assignment.shown_left, assignment.shown_right
    return PairEvidence(left=_parts(texts[left], spans[left]), right=_parts(texts[right], spans[right]))


def _parts(text: str, spans: list[dict[str, Any]]) -> list[Part]:
    parts, end = [], 0
    for span in spans:
        parts.append(Part(text[end : span["start"]]))
        turns = tuple(turn["number"] for turn in span["turns"])
        parts.append(Part(text[span["start"] : span["end"]], turns))
        end = span["end"]
    return [part for part in (*parts, Part(text[end:])) if part.text]


def workload(annotator: Annotator) -> tuple[int, int]:
    """Comparisons this annotator has rated, and those they may rate in all as things stand."""
    from annotations.assignment import available_to

    done = annotator.assignments.filter(state=Assignment.State.DONE).count()
    held = annotator.assignments.filter(state=Assignment.State.LEASED).count()
    return done, done + held + available_to(annotator).count()


def _turns(turns: list[dict[str, Any]]) -> list[Turn]:
    colours: dict[str, int] = {}
    return [
        Turn(
            number=number,
            speaker=turn["speaker"],
            content=turn["content"],
            colour=colours.setdefault(turn["speaker"], len(colours) % SPEAKER_COLOURS + 1),
        )
        for number, turn in enumerate(turns, start=1)
    ]


def _questions(study: Study, assignment: Assignment) -> list[Question]:
    given = assignment.judgements.values_list("criterion_id", "outcome", "strength")
    answers = {criterion: _value(outcome, strength, assignment.shown_left) for criterion, outcome, strength in given}
    return [_question(study, criterion, answers.get(criterion.pk, "")) for criterion in study.criteria.all()]


def _question(study: Study, criterion: Criterion, answer: str) -> Question:
    choice, _dash, how_much = answer.partition("-")
    return Question(
        key=criterion.key,
        text=in_readers_language(criterion.question),
        help_text=in_readers_language(criterion.help_text),
        answer=answer,
        pressed=choice if study.strength == Wanted.OPTIONAL else answer,
        how_much=how_much,
    )


def _value(outcome: str, strength: int | None, shown_left: str) -> str:
    choice = choice_of(outcome, shown_left)
    return f"{choice}-{strength}" if strength else choice
