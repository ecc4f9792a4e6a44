"""Compute the figures of the quality page, per criterion and per annotator (docs/rater-statistics.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db.models import Count, F, Max
from django.db.models.functions import Length, TruncDate

from annotations.gold.results import gold_by_annotator, no_gold_yet
from annotations.models import Annotator, Assignment, AssignmentQuerySet, Criterion, Study
from annotations.quality import reliability as shown_reliability
from annotations.quality.repeats import read_repeats
from annotations.quality.vote_columns import VoteColumns, read_vote_columns
from stats.raters.agreement import Agreement, agreement_with_others, krippendorff_alpha
from stats.raters.anomaly import Anomaly, anomalies
from stats.raters.gold import GoldCheck
from stats.raters.reliability import Reliability, reliabilities
from stats.raters.repeats import SelfAgreement, self_agreement
from stats.raters.side_bias import is_biased, side_bias
from stats.raters.speed import Speed, speeds
from stats.raters.straightlining import SameAnswers, Straightlining, same_answers, straightlining
from stats.uncertainty.proportions import Proportion
from stats.votes.arrays import ARBITRARY_LABELS, IntArray, shown_choice, system_pairs
from stats.votes.least import too_few

# Average characters per word, spaces included, by language: only the lengths of texts are read.
CHARACTERS_A_WORD = {"zh": 1.6}
USUAL_CHARACTERS = 6.0
RARE_RUN = 0.01
DAYS_SHOWN = 14
State = Assignment.State


@dataclass(frozen=True)
class CriterionQuality:
    """Agreement on a question; repeats: with oneself, on pairs that came again."""

    criterion: Criterion
    agreement: Agreement
    repeats: Proportion


@dataclass(frozen=True)
class AnnotatorQuality:
    """One annotator's figures: on the study's first criterion; votes, speed and gold on all of them.

    A figure is None where the annotator has no vote that counts.
    """

    annotator: Annotator
    rated: int
    skipped: int
    agreement: Proportion | None
    left_wins: Proportion | None
    anomaly: Anomaly | None
    reliability: Reliability | None
    repeats: Proportion | None
    line: Straightlining | None
    same: SameAnswers | None
    speed: Speed | None
    gold: GoldCheck

    @property
    def warnings(self) -> list[str]:
        """Return what is worth a look; none of it proves anything by itself."""
        warnings = []
        if self.anomaly and self.anomaly.flagged:
            warnings.append("votes unlike the others’")
        if self.reliability and self.reliability.finding:
            warnings.append(shown_reliability.WARNINGS[self.reliability.finding])
        if self.left_wins and is_biased(self.left_wins):
            warnings.append("one side preferred")
        if self.line and self.line.run_probability is not None and self.line.run_probability < RARE_RUN:
            warnings.append(f"the same answer {self.line.longest_run:,} times in a row")
        if self.speed and self.speed.fast:
            warnings.append("much faster than the others")
        if self.gold.failed:
            warnings.append("missed gold items")
        return warnings

    @property
    def reliability_places(self) -> Sequence[float]:
        """Return where the picture of reliability has its lower bound, its value and its upper bound."""
        return shown_reliability.places(self.reliability) if self.reliability else []

    @property
    def reliability_sentence(self) -> str:
        """Say what the reliability means; "" where there is none."""
        meaning = shown_reliability.meaning(self.reliability) if self.reliability else ""
        return shown_reliability.SENTENCES.get(meaning, "")

    @property
    def reliability_word(self) -> str:
        """Say the same in the few words that a cell has room for."""
        meaning = shown_reliability.meaning(self.reliability) if self.reliability else ""
        return shown_reliability.SHORT.get(meaning, "")


@dataclass(frozen=True)
class StudyQuality:
    criteria: list[CriterionQuality]
    left_wins: Proportion
    annotators: list[AnnotatorQuality]
    days: list[tuple[date, int]]

    @property
    def has_repeats(self) -> bool:
        """True once somebody answered a pair twice."""
        return any(row.repeats.n for row in self.criteria)

    @property
    def agreement_rows(self) -> list[tuple[CriterionQuality, str]]:
        """Return agreement by criterion, with what there is too little of to give it in numbers.

        That is "" if there is enough, and where agreement is undefined for a reason of its own.
        """
        annotators = sum(row.rated > 0 and row.annotator.is_included for row in self.annotators)
        return [
            (row, "" if alpha.alpha is None else too_few(alpha.n_votes, annotators, alpha.n_documents))
            for row, alpha in ((row, row.agreement) for row in self.criteria)
        ]


def study_quality(study: Study) -> StudyQuality:
    """Compute everything on the quality page.

    Excluded annotators are listed, but have no part in the figures of others.
    """
    votes = read_vote_columns(study)
    criteria = list(study.criteria.all())
    by_criterion = {criterion.pk: votes.on(criterion) for criterion in criteria}
    repeats = _repeats(study, criteria)
    first = by_criterion[criteria[0].pk] if criteria else votes
    # Imported votes may not say which text stood left.
    sided = first.where(first.side_known)
    shown = shown_choice(sided.outcome, sided.a_is_left)
    sides = side_bias(shown, sided.annotator)
    return StudyQuality(
        criteria=[
            CriterionQuality(criterion, _agreement(study, by_criterion[criterion.pk]), repeated.overall)
            for criterion, repeated in zip(criteria, repeats, strict=True)
        ],
        left_wins=sides.overall,
        annotators=_annotators(study, votes, first, sided.annotator, shown, repeats[0].by_annotator if repeats else {}),
        days=_days(study),
    )


def _repeats(study: Study, criteria: Sequence[Criterion]) -> list[SelfAgreement]:
    """Compare the answers to pairs that came again with those before, on each question."""
    twice = read_repeats(study)
    on_each = (twice.on(criterion) for criterion in criteria)
    return [self_agreement(answers.annotator, answers.first, answers.again) for answers in on_each]


def _agreement(study: Study, votes: VoteColumns) -> Agreement:
    return krippendorff_alpha(
        votes.comparison,
        votes.annotator,
        votes.outcome,
        document=votes.document,
        exchangeable=ARBITRARY_LABELS,
        seed=study.seed,
    )


def _annotators(
    study: Study,
    votes: VoteColumns,
    first: VoteColumns,
    chooser: IntArray,
    shown: IntArray,
    repeats: Mapping[int, Proportion],
) -> list[AnnotatorQuality]:
    """Compute every annotator's figures.

    Args:
        first: The votes on the first criterion.
        chooser, shown: Annotators and choices of those of them whose sides are known.
        repeats: How often each annotator gave the same answer twice.
    """
    agreement = agreement_with_others(first.comparison, first.annotator, first.outcome, document=first.document)
    left_wins = side_bias(shown, chooser).by_annotator
    pair, outcome, _ = system_pairs(first.system_a, first.system_b, first.outcome)
    anomaly = anomalies(pair, first.annotator, outcome, seed=study.seed)
    reliability = reliabilities(first.system_a, first.system_b, first.comparison, first.annotator, first.outcome)
    same = same_answers(votes.comparison, votes.annotator, votes.outcome)
    pace = _speeds(study)
    gold = gold_by_annotator(study)
    return [
        AnnotatorQuality(
            annotator=annotator,
            rated=rated,
            skipped=skipped,
            agreement=agreement.get(annotator.pk),
            left_wins=left_wins.get(annotator.pk),
            anomaly=anomaly.get(annotator.pk),
            reliability=reliability.get(annotator.pk),
            repeats=repeats.get(annotator.pk),
            line=straightlining(own) if len(own := shown[chooser == annotator.pk]) else None,
            same=same.get(annotator.pk),
            speed=pace.get(annotator.pk),
            gold=gold.get(annotator.pk) or no_gold_yet(),
        )
        for annotator, rated, skipped in _with_counts(study)
    ]


def _with_counts(study: Study) -> list[tuple[Annotator, int, int]]:
    """List every annotator with the numbers of rating pairs they rated and skipped."""
    mine = _for_rating(study).order_by().values_list("annotator_id", "state")
    counts = {(annotator, state): n for annotator, state, n in mine.annotate(n=Count("pk"))}
    return [
        (annotator, counts.get((annotator.pk, State.DONE), 0), counts.get((annotator.pk, State.SKIPPED), 0))
        for annotator in study.annotators.all()
    ]


def _for_rating(study: Study) -> AssignmentQuerySet:
    return Assignment.objects.for_rating().filter(comparison__study=study)


def _speeds(study: Study) -> dict[int, Speed]:
    """Compare the time of work on each pair with the number of words in its two summaries."""
    words = _words(study)
    pairs = _for_rating(study).by_included().filter(state=Assignment.State.DONE)
    rows = list(
        pairs.annotate(last=Max("judgements__active_ms"))
        .order_by("pk")
        .values_list("annotator_id", "comparison_id", "last")
    )
    return speeds(
        np.array([annotator for annotator, _, _ in rows], dtype=np.int64),
        np.array([np.nan if ms is None else ms / 1000 for _, _, ms in rows], dtype=np.float64),
        np.array([words[comparison] for _, comparison, _ in rows], dtype=np.int64),
    )


def _words(study: Study) -> dict[int, int]:
    """Estimate the number of words in the two summaries of each comparison."""
    rows = (
        study.comparisons.for_rating()
        .order_by()
        .annotate(length=Length("summary_a__text") + Length("summary_b__text"), language=F("document__language"))
    )
    return {
        comparison: int(length / CHARACTERS_A_WORD.get(language[:2], USUAL_CHARACTERS))
        for comparison, length, language in rows.values_list("pk", "length", "language")
    }


def _days(study: Study) -> list[tuple[date, int]]:
    done = _for_rating(study).filter(state=State.DONE)
    by_day = done.annotate(day=TruncDate("completed_at")).order_by("-day").values_list("day")
    return list(by_day.annotate(n=Count("pk"))[:DAYS_SHOWN])
