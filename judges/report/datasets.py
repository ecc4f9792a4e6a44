"""Read what a judge said of a dataset's summaries, in the form that statistics take; people gave no votes there."""

import numpy as np

from judges.judging.units import AskedPair, pairs_of
from judges.models import JudgingJob, Mode
from judges.report.arrays import AT_ONCE, JudgedStudy
from judges.report.outcomes import COLUMNS, JudgedPairs, by_scores, by_verdicts
from models_runner.models import Document, System
from stats.judges.arrays import Items, PeopleVotes
from stats.votes.arrays import IntArray

SEED = 0


def read_judged_dataset(job: JudgingJob, criterion: str) -> JudgedStudy:
    """Read the pairs of a dataset and the job's verdicts on a criterion; a pair's key is its place among the pairs."""
    pairs = pairs_of(job)
    slugs = sorted({slug for pair in pairs for slug in pair.systems})
    systems = list(System.objects.filter(slug__in=slugs).order_by("slug"))
    number = {system.slug: i for i, system in enumerate(systems)}
    document = {key: i for i, key in enumerate(sorted({pair.document for pair in pairs}))}
    languages = dict(Document.objects.filter(dataset=job.dataset_id).values_list("pk", "language"))
    nothing = np.array([], dtype=np.int64)
    return JudgedStudy(
        criterion=criterion,
        about=job.about,
        seed=SEED,
        judge=job.judge,
        pairs=list(range(len(pairs))),
        language=[languages[pair.document] for pair in pairs],
        summaries=_array([pair.summaries for pair in pairs]).reshape(len(pairs), 2),
        systems=systems,
        items=Items(
            _array([number[pair.systems[0]] for pair in pairs]),
            _array([number[pair.systems[1]] for pair in pairs]),
            _array([document[pair.document] for pair in pairs]),
        ),
        judged=_judged(job, criterion, pairs),
        votes=PeopleVotes(nothing, nothing, nothing),
    )


def _judged(job: JudgingJob, criterion: str, pairs: list[AskedPair]) -> JudgedPairs:
    rows = job.verdicts.filter(criterion_key=criterion)
    if job.judge.mode == Mode.SCORE:
        return by_scores(rows, ((i, pair.document, *pair.summaries) for i, pair in enumerate(pairs)))
    place = {pair.summaries: i for i, pair in enumerate(pairs)}
    given = rows.values_list("summary_a_id", "summary_b_id", *COLUMNS).iterator(AT_ONCE)
    # Verdicts on summaries that a newer run has replaced count no longer.
    return by_verdicts(job.judge, ((place[a, b], *rest) for a, b, *rest in given if (a, b) in place))


def _array(values: object) -> IntArray:
    return np.array(values, dtype=np.int64)
