"""What researchers look at to trust a study's raters: per criterion and per annotator (docs/rater-statistics.md)."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db.models import Count, F, Max
from django.db.models.functions import Length, TruncDate

from annotations.gold.results import gold_by_annotator, no_gold_yet
from annotations.models import Annotator, Assignment, AssignmentQuerySet, Criterion, Study
from annotations.quality.vote_columns import Votes, read_votes
from stats.raters.agreement import Agreement, agreement_with_others, krippendorff_alpha
from stats.raters.anomaly import Anomaly, anomalies
from stats.raters.gold import GoldCheck
from stats.raters.side_bias import is_biased, side_bias
from stats.raters.speed import Speed, speeds
from stats.raters.straightlining import SameAnswers, Straightlining, same_answers, straightlining
from stats.uncertainty.proportions import Proportion
from stats.votes.arrays import IntArray, shown_choice, system_pairs

# Characters that stand for a word where only the length of a text is read: English with its spaces, and Chinese.
CHARACTERS_A_WORD = {"zh": 1.6}
USUAL_CHARACTERS = 6.0
RARE_RUN = 0.01
DAYS_SHOWN = 14


@dataclass(frozen=True)
class CriterionQuality:
    criterion: Criterion
    agreement: Agreement


@dataclass(frozen=True)
class AnnotatorQuality:
    """One annotator on the study's first criterion; votes, speed and gold on all of them. None: no vote counts."""

    annotator: Annotator
    rated: int
    skipped: int
    agreement: Proportion | None
    left_wins: Proportion | None
    anomaly: Anomaly | None
    line: Straightlining | None
    same: SameAnswers | None
    speed: Speed | None
    gold: GoldCheck

    @property
    def warnings(self) -> list[str]:
        """What is worth a look. None of it proves anything by itself."""
        found = []
        if self.anomaly and self.anomaly.flagged:
            found.append("votes unlike the others’")
        if self.left_wins and is_biased(self.left_wins):
            found.append("one side preferred")
        if self.line and self.line.run_probability is not None and self.line.run_probability < RARE_RUN:
            found.append(f"the same answer {self.line.longest_run} times in a row")
        if self.speed and self.speed.fast:
            found.append("much faster than the others")
        if self.gold.failed:
            found.append("missed gold items")
        return found


@dataclass(frozen=True)
class Quality:
    criteria: list[CriterionQuality]
    left_wins: Proportion
    annotators: list[AnnotatorQuality]
    days: list[tuple[date, int]]


def study_quality(study: Study) -> Quality:
    """Everything on the quality page. Excluded annotators are listed, and take no part in any figure of others."""
    votes = read_votes(study)
    criteria = list(study.criteria.all())
    by_criterion = {c.pk: votes.on(c) for c in criteria}
    first = by_criterion[criteria[0].pk] if criteria else votes
    # Votes that came in as a file may not say which side was which.
    sided = first.where(first.side_known)
    shown = shown_choice(sided.outcome, sided.a_is_left)
    sides = side_bias(shown, sided.annotator)
    return Quality(
        criteria=[CriterionQuality(c, _agreement(study, by_criterion[c.pk])) for c in criteria],
        left_wins=sides.overall,
        annotators=_annotators(study, votes, first, sided.annotator, shown),
        days=_days(study),
    )


def _agreement(study: Study, votes: Votes) -> Agreement:
    return krippendorff_alpha(
        votes.comparison, votes.annotator, votes.outcome, document=votes.document, seed=study.seed
    )


def _annotators(study: Study, votes: Votes, first: Votes, chooser: IntArray, shown: IntArray) -> list[AnnotatorQuality]:
    """chooser, shown: annotators and choices of the first criterion's votes whose sides are known."""
    agreement = agreement_with_others(first.comparison, first.annotator, first.outcome, document=first.document)
    left_wins = side_bias(shown, chooser).by_annotator
    pair, outcome, _ = system_pairs(first.system_a, first.system_b, first.outcome)
    anomaly = anomalies(pair, first.annotator, outcome, seed=study.seed)
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
            line=straightlining(own) if len(own := shown[chooser == annotator.pk]) else None,
            same=same.get(annotator.pk),
            speed=pace.get(annotator.pk),
            gold=gold.get(annotator.pk) or no_gold_yet(),
        )
        for annotator, rated, skipped in _with_counts(study)
    ]


def _with_counts(study: Study) -> list[tuple[Annotator, int, int]]:
    """Every annotator with the numbers of pairs they rated and skipped, gold and training left out."""
    mine = _for_rating(study).order_by().values_list("annotator_id", "state")
    counts = {(annotator, state): n for annotator, state, n in mine.annotate(n=Count("pk"))}
    return [
        (one, counts.get((one.pk, Assignment.State.DONE), 0), counts.get((one.pk, Assignment.State.SKIPPED), 0))
        for one in study.annotators.all()
    ]


def _for_rating(study: Study) -> AssignmentQuerySet:
    return Assignment.objects.for_rating().filter(comparison__study=study)


def _speeds(study: Study) -> dict[int, Speed]:
    """By the time of work until a pair's last answer, against the words of its two summaries."""
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
    """About how many words the two summaries of each comparison have."""
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
    done = _for_rating(study).filter(state=Assignment.State.DONE)
    by_day = done.annotate(day=TruncDate("completed_at")).order_by("-day").values_list("day")
    return list(by_day.annotate(n=Count("pk"))[:DAYS_SHOWN])
