"""What the rating page shows. Annotators get only what is named here: no system, no run, no database id."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from annotations.evidence.foreign import foreign_spans
from annotations.models import Annotator, Assignment, Comparison, KeyOrder, Purpose, Study, SummaryFormat, Wanted
from annotations.rating import queries
from annotations.rating.assignment import MOST_COUNTED
from annotations.rating.mixing.gold_schedule import practice_place, upcoming
from annotations.rating.queries import AnsweredQuestion, PairTexts, Spans, WorkCounts
from annotations.rating.undo import SKIP, has_acted
from annotations.rating.votes import choice_of
from annotations.studies.criteria import in_readers_language
from lib.markup.plain import plain_text, with_origin
from lib.names import normal_form
from lib.numbers import format_clock
from models_runner.models import InstructionKind

SPEAKER_COLOURS = 8
# What the summaries were asked to be, in words for people (systems read models_runner.datasets.instructions).
ASKED_FOR = {
    InstructionKind.LONG: _("a long, detailed summary of the whole meeting"),
    InstructionKind.MEDIUM: _("a summary of the whole meeting, of medium length"),
    InstructionKind.SHORT: _("a very short summary of the whole meeting"),
}


@dataclass(frozen=True)
class PageTurn:
    number: int
    speaker: str
    content: str
    colour: int  # 1 to SPEAKER_COLOURS, by speaker
    start: str = ""  # "1:02:03" into the meeting; empty if the import knew no times


@dataclass(frozen=True)
class AnswerChoice:
    value: str  # as annotations.web.forms.rating.VoteForm takes it
    label: str
    key: str  # on the keyboard


PLAIN = (
    AnswerChoice("left", _("Left is better"), "1"),
    AnswerChoice("tie", _("Equally good"), "2"),
    AnswerChoice("right", _("Right is better"), "3"),
    AnswerChoice("both_bad", _("Both bad"), "4"),
)
# Keys of answers that differ in studies of KeyOrder.EARLIER.
EARLIER_KEYS = {"tie": "3", "right": "2"}
WITH_STRENGTH = (
    AnswerChoice("left-2", _("Left much better"), "1"),
    AnswerChoice("left-1", _("Left slightly better"), "2"),
    AnswerChoice("tie", _("Equally good"), "3"),
    AnswerChoice("right-1", _("Right slightly better"), "4"),
    AnswerChoice("right-2", _("Right much better"), "5"),
    AnswerChoice("both_bad", _("Both bad"), "6"),
)


# Shown beside the plain answers where the strength is optional; ignored unless left or right is chosen.
HOW_MUCH = (
    AnswerChoice("", _("not said"), ""),
    AnswerChoice("1", _("slightly"), "5"),
    AnswerChoice("2", _("much"), "6"),
)


def choices_of(study: Study) -> list[AnswerChoice]:
    """Return the buttons of every question, in the order of the page."""
    left_out = {"tie": not study.allow_tie, "both_bad": not study.allow_both_bad}
    shown: Iterable[AnswerChoice] = WITH_STRENGTH
    if study.strength != Wanted.REQUIRED:
        shown = [replace(choice, key=_key(choice, study)) for choice in PLAIN]
    return [choice for choice in _translated(shown) if not left_out.get(choice.value)]


def _key(choice: AnswerChoice, study: Study) -> str:
    return EARLIER_KEYS.get(choice.value, choice.key) if study.key_order == KeyOrder.EARLIER else choice.key


def keeps_earlier_keys(study: Study) -> bool:
    """Return True if the study's keys are not in the order of its buttons, which the page must say."""
    return study.key_order == KeyOrder.EARLIER and study.strength != Wanted.REQUIRED


def said_undone(study: Study, what: str) -> str:
    """Return the sentence that tells what undo took back; "" if the study has no such answer."""
    if what == SKIP:
        return gettext("Taken back: you had skipped this pair.")
    labels = {choice.value: choice.label for choice in choices_of(study)}
    label = labels.get(what) or labels.get(what.partition("-")[0], "")
    return gettext("Taken back: %(answer)s") % {"answer": label} if label else ""


def _translated(choices: Iterable[AnswerChoice]) -> tuple[AnswerChoice, ...]:
    return tuple(replace(choice, label=gettext(choice.label)) for choice in choices)


@dataclass(frozen=True)
class PageQuestion:
    key: str
    text: str
    help_text: str
    answer: str  # as annotations.web.forms.rating.VoteForm takes it, or "" while unanswered
    pressed: str  # the value of the choice that is the answer, or ""
    how_much: str  # "1", "2", or "" where it was not said
    # The client key of a vote sent without JavaScript, so that pressing a button twice is one vote.
    fresh_key: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class TextPart:
    """A piece of a summary; the parts of a summary make up its whole text.

    Attributes:
        turns: The turns that may support this sentence, best first; None for the text between two sentences.
    """

    text: str
    turns: tuple[int, ...] | None = None


@dataclass(frozen=True)
class PairEvidence:
    left: list[TextPart]
    right: list[TextPart]


@dataclass(frozen=True)
class RatingPage:
    """Everything that a template or an answer of the API may show.

    Attributes:
        summary_format: How left and right are shown; "plain": they are without markup already.
        evidence: Its parts make up left and right.
    """

    token: UUID
    title: str
    guidelines: str
    document_title: str
    language: str
    task: str
    task_language: str  # empty: the page's own
    turns: list[PageTurn]
    summary_format: str
    keep_blanks: bool  # of plain text, where the study had shown them
    left: str
    right: str
    evidence: PairEvidence | None  # for both summaries or for none
    questions: list[PageQuestion]
    choices: list[AnswerChoice]
    how_much: tuple[AnswerChoice, ...]
    earlier_keys: bool  # the keys are those of before the order of the buttons
    comments: str  # off, optional or required
    comment: str
    break_minutes: int
    hold_seconds: int  # how often the page reports that it is still open
    can_undo: bool
    done: int
    total: int
    more_than: int  # as in RatingProgress
    practice: bool  # a training pair; done and total then count training pairs
    # For the forms of undo, comment and skip without JavaScript.
    fresh_keys: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(3)])


def rating_page(assignment: Assignment, *, ahead: bool = False) -> RatingPage:
    """Return what the page shows of an assignment; ahead: fetched while the pair before is still being rated."""
    annotator = assignment.annotator
    study, pair = annotator.study, queries.pair_texts(assignment, MOST_COUNTED)
    practice = pair.purpose == Purpose.TRAINING
    progress = _practice_progress(assignment) if practice else _progress(annotator, pair.counts)
    return RatingPage(
        token=assignment.token,
        title=study.heading,
        guidelines=study.guidelines,
        document_title=pair.title,
        language=pair.language,
        task=gettext(ASKED_FOR[InstructionKind(study.instruction)]) if pair.query is None else pair.query,
        task_language="" if pair.query is None else pair.language,
        turns=_turns(pair.turns),
        summary_format=study.summary_format,
        keep_blanks=study.keep_blanks,
        left=_shown(pair.texts[assignment.shown_left], study),
        right=_shown(pair.texts[assignment.shown_right], study),
        evidence=_evidence(pair, assignment),
        questions=_questions(study, assignment),
        choices=choices_of(study),
        how_much=_translated(HOW_MUCH) if study.strength == Wanted.OPTIONAL else (),
        earlier_keys=keeps_earlier_keys(study),
        comments=study.comments,
        comment="" if study.comments == Wanted.OFF else pair.comment,
        break_minutes=study.break_minutes,
        hold_seconds=max(1, settings.ASSIGNMENT_LEASE_SECONDS // 3),
        can_undo=ahead or progress.done > 0 or has_acted(annotator),
        done=progress.done + (ahead and not practice),
        total=progress.total,
        more_than=progress.more_than,
        practice=practice,
    )


def _shown(text: str, study: Study) -> str:
    """Return what the page gets of a summary: Markdown where it is to be rendered."""
    return plain_text(text) if study.summary_format == SummaryFormat.PLAIN else text


def _evidence(pair: PairTexts, assignment: Assignment) -> PairEvidence | None:
    """Return the evidence if both summaries have it: help on one side alone would push votes."""
    spans = pair.spans
    if pair.purpose in (Purpose.GOLD, Purpose.TRAINING):
        spans = _spans_in_this_document(assignment.comparison, spans)
    if len(spans) < 2:
        return None
    cut = _plain_parts if assignment.annotator.study.summary_format == SummaryFormat.PLAIN else _parts
    left, right = assignment.shown_left, assignment.shown_right
    return PairEvidence(left=cut(pair.texts[left], spans[left]), right=cut(pair.texts[right], spans[right]))


def _spans_in_this_document(comparison: Comparison, spans: dict[str, Spans]) -> dict[str, Spans]:
    """Replace, for the foreign side of an attention check, what was found in the other document's transcript."""
    foreign = foreign_spans(comparison)
    here: dict[str, Spans] = {}
    for side, summary in (("a", comparison.summary_a), ("b", comparison.summary_b)):
        if summary.document_id == comparison.document_id:
            here |= {side: spans[side]} if side in spans else {}
        elif summary.pk in foreign:
            here[side] = foreign[summary.pk]
    return here


def _parts(text: str, spans: list[dict[str, Any]]) -> list[TextPart]:
    parts, end = [], 0
    for span in spans:
        parts.append(TextPart(text[end : span["start"]]))
        turns = tuple(turn["number"] for turn in span["turns"])
        parts.append(TextPart(text[span["start"] : span["end"]], turns))
        end = span["end"]
    return [part for part in (*parts, TextPart(text[end:])) if part.text]


def _plain_parts(text: str, spans: list[dict[str, Any]]) -> list[TextPart]:
    """As _parts, of the text without markup; spans are places in the text as written."""
    cut = with_origin(text).parts([(span["start"], span["end"]) for span in spans])
    turns = [tuple(turn["number"] for turn in span["turns"]) for span in spans]
    return [TextPart(part, None if mark is None else turns[mark]) for part, mark in cut]


@dataclass(frozen=True)
class RatingProgress:
    """How far an annotator is with the study; training pairs apart.

    Attributes:
        done: Pairs they have rated.
        total: Pairs they have rated, hold, or could still be given now.
        more_than: If more pairs are left than are counted, the number up to which they are; else 0.
    """

    done: int
    total: int
    more_than: int = 0


def rating_progress(annotator: Annotator) -> RatingProgress:
    return _progress(annotator, queries.count_work(annotator, MOST_COUNTED))


def _practice_progress(assignment: Assignment) -> RatingProgress:
    number, total = practice_place(assignment)
    return RatingProgress(number - 1, total)


def _progress(annotator: Annotator, counts: WorkCounts) -> RatingProgress:
    more_than = MOST_COUNTED if counts.left > MOST_COUNTED else 0
    left = min(counts.left, MOST_COUNTED)
    return RatingProgress(counts.rated, counts.rated + counts.held + left + upcoming(annotator, left), more_than)


def _turns(turns: list[dict[str, Any]]) -> list[PageTurn]:
    colours: dict[str, int] = {}
    return [
        PageTurn(
            number=number,
            speaker=turn["speaker"],
            content=turn["content"],
            colour=colours.setdefault(normal_form(turn["speaker"]), len(colours) % SPEAKER_COLOURS + 1),
            start=format_clock(turn["start"]) if "start" in turn else "",
        )
        for number, turn in enumerate(turns, start=1)
    ]


def _questions(study: Study, assignment: Assignment) -> list[PageQuestion]:
    return [_question(study, stored, assignment.shown_left) for stored in queries.questions_of(assignment)]


def _question(study: Study, stored: AnsweredQuestion, shown_left: str) -> PageQuestion:
    answer = _value(stored.outcome, stored.strength, shown_left) if stored.outcome else ""
    choice, _dash, how_much = answer.partition("-")
    return PageQuestion(
        key=stored.key,
        text=in_readers_language(stored.question),
        help_text=in_readers_language(stored.help_text),
        answer=answer,
        pressed=choice if study.strength == Wanted.OPTIONAL else answer,
        how_much=how_much,
    )


def _value(outcome: str, strength: int | None, shown_left: str) -> str:
    choice = choice_of(outcome, shown_left)
    return f"{choice}-{strength}" if strength else choice
