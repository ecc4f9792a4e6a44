"""Tell how unsure judges and metrics are about each pair of a study, so that people look there."""

from collections.abc import Iterable, Iterator

import numpy as np

from annotations.models import Study
from judges.models import Judge
from judges.report.arrays import read_judged_study
from judges.report.outcomes import judges_of
from models_runner.models import Score
from stats.judges.arrays import answers
from stats.judges.directing import uncertainty
from stats.votes.arrays import FloatArray

# Metrics of quality, one of each kind; lengths say nothing of who is right.
METRICS = ("rougeL", "bertscore_f1")
AT_ONCE = 5_000
# A verdict or a score is never taken to be surer than this.
SUREST = 0.95


def unsure_pairs(study: Study, judges: Iterable[Judge] | None = None) -> dict[int, float]:
    """Return how unsure judges and metrics are about each pair that they say something of, by its key, from 0 up.

    It is the variance of a vote by the mean of what they say plus the variance of the single ones, the mean over the
    study's questions.

    judges: Whom to ask; all with verdicts on the study if None.
    """
    metrics = list(_metrics(study))
    found: dict[int, list[float]] = {}
    for criterion in study.criteria.all():
        asked = judges_of(criterion) if judges is None else list(judges)
        studies = [read_judged_study(judge, criterion) for judge in asked]
        pairs = studies[0].pairs if studies else list(_pairs(study))
        told = [answers(one.verdicts, len(pairs), one.rule).share for one in studies]
        columns: list[Iterable[float]] = [*told, *([metric.get(pair, np.nan) for pair in pairs] for metric in metrics)]
        for pair, score in zip(pairs, _scores(columns, len(pairs)), strict=True):
            if not np.isnan(score):
                found.setdefault(pair, []).append(score)
    return {pair: float(np.mean(scores)) for pair, scores in found.items()}


def _scores(columns: Iterable[Iterable[float]], n: int) -> list[float]:
    """Return how unsure the columns are about each pair, NaN where none says anything."""
    given = [np.asarray(list(column), dtype=np.float64) for column in columns]
    if not given:
        return [np.nan] * n
    shares = np.clip(np.column_stack(given), 1 - SUREST, SUREST)
    told = ~np.isnan(shares)
    mean = np.where(told, shares, 0.0).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
    scores: FloatArray = np.where(told.any(axis=1), uncertainty(mean, shares), np.nan)
    return [float(score) for score in scores]


def _pairs(study: Study) -> Iterator[int]:
    return study.comparisons.for_rating().order_by("pk").values_list("pk", flat=True).iterator(AT_ONCE)


def _metrics(study: Study) -> Iterator[dict[int, float]]:
    """Yield what each metric says of each pair: a share of a, one half where both score alike."""
    pairs = study.comparisons.for_rating().order_by()
    rows = list(pairs.values_list("pk", "summary_a_id", "summary_b_id").iterator(AT_ONCE))
    for name in METRICS:
        scores = Score.objects.filter(name=name, value__isnull=False).order_by("signature__created_at", "pk")
        of_dataset = scores.filter(summary__run__dataset=study.dataset_id).values_list("summary_id", "value")
        by_summary = {summary: value for summary, value in of_dataset.iterator(AT_ONCE) if value is not None}
        gaps = {pk: by_summary[a] - by_summary[b] for pk, a, b in rows if a in by_summary and b in by_summary}
        spread = float(np.std(list(gaps.values()))) if gaps else 0.0
        if spread > 0:
            yield {pk: float(0.5 + 0.5 * np.tanh(gap / spread)) for pk, gap in gaps.items()}
