"""What the rating page shows. Only what is named here reaches an annotator: no system, no run, no database id."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from annotations.evidence.foreign import foreign_spans
from annotations.models import Annotator, Assignment, Comparison, Purpose, Study, Wanted
from annotations.models.evidence import is_current
from annotations.rating.assignment import AVAILABLE, MOST_COUNTED
from annotations.rating.gold_schedule import practice_place, upcoming_gold
from annotations.rating.undo import has_answered
from annotations.rating.votes import choice_of
from annotations.studies.criteria import in_readers_language
from lib.sql import fetch, from_json
from models_runner.models import InstructionKind

Spans = list[dict[str, Any]]
SPEAKER_COLOURS = 8
# What the summaries were asked to be, in words for people (systems read models_runner.datasets.instructions).
ASKED_FOR = {
    InstructionKind.LONG: _("a long, detailed summary of the whole meeting"),
    InstructionKind.MEDIUM: _("a summary of the whole meeting, of medium length"),
    InstructionKind.SHORT: _("a very short summary of the whole meeting"),
}

# Ends with what _counts gives.
PAIR = """SELECT comparison.purpose, document.title, document.language, transcript.turns, query.text, (
    SELECT remark.text FROM annotations_remark remark
    WHERE remark.assignment_id = %s AND remark.kind = 'comment' ORDER BY remark.id DESC LIMIT 1
), summary_a.text, summary_b.text, evidence_a.signature, evidence_a.spans, evidence_b.signature, evidence_b.spans,
{counts}
FROM annotations_comparison comparison
JOIN models_runner_document document ON document.id = comparison.document_id
JOIN models_runner_summary summary_a ON summary_a.id = comparison.summary_a_id
JOIN models_runner_summary summary_b ON summary_b.id = comparison.summary_b_id
LEFT JOIN models_runner_transcript transcript ON transcript.document_id = document.id
LEFT JOIN models_runner_query query ON query.id = comparison.query_id
LEFT JOIN annotations_summaryevidence evidence_a ON evidence_a.summary_id = summary_a.id
LEFT JOIN annotations_summaryevidence evidence_b ON evidence_b.summary_id = summary_b.id
WHERE comparison.id = %s"""
GIVEN = """(
    SELECT COUNT(*) FROM annotations_assignment given WHERE given.annotator_id = %s AND given.state = '{state}'
)"""
GIVEN_BUT_TRAINING = """(
    SELECT COUNT(*) FROM annotations_assignment given
    JOIN annotations_comparison its ON its.id = given.comparison_id AND its.purpose <> 'training'
    WHERE given.annotator_id = %s AND given.state = '{state}'
)"""
LEFT = f"""(
    SELECT COUNT(*) FROM (SELECT comparison.id FROM {AVAILABLE} LIMIT %s) available
)"""  # noqa: S608  (no values)
QUESTIONS = """SELECT criterion.key, criterion.question, criterion.help_text, given.outcome, given.strength
FROM annotations_criterion criterion
LEFT JOIN annotations_judgement given ON given.criterion_id = criterion.id AND given.assignment_id = %s
WHERE criterion.study_id = %s ORDER BY criterion.position"""


@dataclass(frozen=True)
class Turn:
    number: int
    speaker: str
    content: str
    colour: int  # 1 to SPEAKER_COLOURS, by speaker


@dataclass(frozen=True)
class Choice:
    value: str  # as annotations.web.forms.rating.VoteForm takes it
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
HOW_MUCH = (Choice("", _("not said"), ""), Choice("1", _("slightly"), "5"), Choice("2", _("much"), "6"))


def choices_of(study: Study) -> list[Choice]:
    """The buttons of every question, in the order they stand."""
    left_out = {"tie": not study.allow_tie, "both_bad": not study.allow_both_bad}
    shown = WITH_STRENGTH if study.strength == Wanted.REQUIRED else PLAIN
    return [choice for choice in _translated(shown) if not left_out.get(choice.value)]


def _translated(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(replace(choice, label=gettext(choice.label)) for choice in choices)


@dataclass(frozen=True)
class Question:
    key: str
    text: str
    help_text: str
    answer: str  # as annotations.web.forms.rating.VoteForm takes it, or "" while unanswered
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
    more_than: int  # are left, where total is not all; else 0
    practice: bool  # a training pair; done and total are then of these
    # For the forms of undo, comment and skip without JavaScript.
    fresh_keys: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(3)])


def rating_page(assignment: Assignment, *, ahead: bool = False) -> RatingPage:
    """ahead: fetched while the pair before is still being rated."""
    annotator = assignment.annotator
    study, pair = annotator.study, _pair(assignment)
    practice = pair.purpose == Purpose.TRAINING
    work = _practice_work(assignment) if practice else _workload(annotator, *pair.counts)
    return RatingPage(
        token=assignment.token,
        title=study.heading,
        guidelines=study.guidelines,
        document_title=pair.title,
        language=pair.language,
        task=gettext(ASKED_FOR[InstructionKind(study.instruction)]) if pair.query is None else pair.query,
        task_language="" if pair.query is None else pair.language,
        turns=_turns(pair.turns),
        left=pair.texts[assignment.shown_left],
        right=pair.texts[assignment.shown_right],
        evidence=_evidence(pair, assignment),
        questions=_questions(study, assignment),
        choices=choices_of(study),
        how_much=_translated(HOW_MUCH) if study.strength == Wanted.OPTIONAL else (),
        comments=study.comments,
        comment="" if study.comments == Wanted.OFF else pair.comment,
        break_minutes=study.break_minutes,
        hold_seconds=max(1, settings.ASSIGNMENT_LEASE_SECONDS // 3),
        can_undo=ahead or work.done > 0 or has_answered(annotator),
        done=work.done + (ahead and not practice),
        total=work.total,
        more_than=work.more_than,
        practice=practice,
    )


@dataclass(frozen=True)
class Pair:
    """Texts and evidence by canonical side; evidence of both sides or of none. comment: the newest on it.

    counts: of its annotator, as _workload takes them.
    """

    purpose: str
    title: str
    language: str
    turns: list[dict[str, Any]]
    query: str | None
    comment: str
    texts: dict[str, str]
    spans: dict[str, Spans]
    counts: Sequence[int]


def _pair(assignment: Assignment) -> Pair:
    counts, of_counts = _counts(assignment.annotator, many_left=assignment.many_left)
    ((purpose, title, language, turns, query, comment, text_a, text_b, *rest),) = fetch(
        PAIR.format(counts=counts), assignment.pk, *of_counts, assignment.comparison_id
    )
    evidence, counted = rest[:4], rest[4:]
    found = {
        side: from_json(spans)
        for side, signature, spans in zip("ab", evidence[::2], evidence[1::2], strict=True)
        if signature is not None and is_current(signature)
    }
    if purpose != Purpose.RATING:
        found = _evidence_here(assignment.comparison, found)
    texts = {"a": text_a, "b": text_b}
    spans = found if len(found) == 2 else {}
    return Pair(purpose, title, language, from_json(turns), query, comment or "", texts, spans, counted)


def _evidence_here(comparison: Comparison, found: dict[str, Spans]) -> dict[str, Spans]:
    """What was found in another document's transcript, for the foreign side of an attention check, is of no use."""
    foreign = foreign_spans(comparison)
    here: dict[str, Spans] = {}
    for side, summary in (("a", comparison.summary_a), ("b", comparison.summary_b)):
        if summary.document_id == comparison.document_id:
            here |= {side: found[side]} if side in found else {}
        elif summary.pk in foreign:
            here[side] = foreign[summary.pk]
    return here


def _evidence(pair: Pair, assignment: Assignment) -> PairEvidence | None:
    """Only where both summaries have it: help on one side alone would push votes."""
    if not pair.spans:
        return None
    left, right = assignment.shown_left, assignment.shown_right
    return PairEvidence(
        left=_parts(pair.texts[left], pair.spans[left]), right=_parts(pair.texts[right], pair.spans[right])
    )


def _parts(text: str, spans: list[dict[str, Any]]) -> list[Part]:
    parts, end = [], 0
    for span in spans:
        parts.append(Part(text[end : span["start"]]))
        turns = tuple(turn["number"] for turn in span["turns"])
        parts.append(Part(text[span["start"] : span["end"]], turns))
        end = span["end"]
    return [part for part in (*parts, Part(text[end:])) if part.text]


@dataclass(frozen=True)
class Workload:
    """Comparisons an annotator has rated, and those they may rate in all as things stand; practice apart.

    more_than: that total leaves out what comes after so many; 0 where it is all.
    """

    done: int
    total: int
    more_than: int = 0


def _practice_work(assignment: Assignment) -> Workload:
    place, total = practice_place(assignment)
    return Workload(place - 1, total)


def workload(annotator: Annotator) -> Workload:
    counts, of_counts = _counts(annotator)
    return _workload(annotator, *fetch(f"SELECT {counts}", *of_counts)[0])


def _counts(annotator: Annotator, *, many_left: bool = False) -> tuple[str, Sequence[object]]:
    """Columns that count an annotator's pairs rated, held and left, and their values.

    many_left: known to be more than MOST_COUNTED. On every page: it may not take longer in a large study, where the
    exact number tells nobody anything.
    """
    # Gold among them, also what is still to come: a total that grew, or a count that stood still, would tell it.
    given = GIVEN_BUT_TRAINING if annotator.study.has_known_pairs else GIVEN
    rated_and_held = f"{given.format(state='done')}, {given.format(state='leased')}"
    if many_left:
        return f"{rated_and_held}, {MOST_COUNTED + 1}", (annotator.pk, annotator.pk)
    of_left = (annotator.study_id, annotator.pk, MOST_COUNTED + 1)
    return f"{rated_and_held}, {LEFT}", (annotator.pk, annotator.pk, *of_left)


def _workload(annotator: Annotator, done: int, held: int, left: int) -> Workload:
    more_than = MOST_COUNTED if left > MOST_COUNTED else 0
    available = min(left, MOST_COUNTED)
    return Workload(done, done + held + available + upcoming_gold(annotator, available), more_than)


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
    return [
        _question(study, key, text, help_text, _value(outcome, strength, assignment.shown_left) if outcome else "")
        for key, text, help_text, outcome, strength in fetch(QUESTIONS, assignment.pk, study.pk)
    ]


def _question(study: Study, key: str, text: str, help_text: str, answer: str) -> Question:
    choice, _dash, how_much = answer.partition("-")
    return Question(
        key=key,
        text=in_readers_language(text),
        help_text=in_readers_language(help_text),
        answer=answer,
        pressed=choice if study.strength == Wanted.OPTIONAL else answer,
        how_much=how_much,
    )


def _value(outcome: str, strength: int | None, shown_left: str) -> str:
    choice = choice_of(outcome, shown_left)
    return f"{choice}-{strength}" if strength else choice
