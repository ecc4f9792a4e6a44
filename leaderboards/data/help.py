"""Read what a judge says of every pair of a study, to help people's votes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from annotations.models import Criterion
from judges.models import Judge
from judges.report.arrays import read_judged_study
from leaderboards.data.filters import Filters, pair_restriction
from stats.judges.arrays import answers
from stats.votes.arrays import BoolArray, FloatArray, IntArray

AT_ONCE = 5_000


@dataclass(frozen=True)
class JudgeHelp:
    """What a judge says of the pairs that the filters let in, by pair.

    Attributes:
        judge: Its name.
        imported: Whether its verdicts were given elsewhere, so that nobody drew the pairs.
        document, query, language: The document's name and language, and the query's position.
        systems: Slugs of both systems.
        summaries: Keys of both summaries, shape (n, 2).
        asked: Whether the judge was asked.
        share: Its share of the first, NaN without a verdict.
    """

    judge: str
    imported: bool
    document: list[str]
    query: list[int | None]
    language: list[str]
    systems: list[tuple[str, str]]
    summaries: IntArray
    asked: BoolArray
    share: FloatArray

    def lines(self) -> Iterator[Sequence[object]]:
        """Yield each pair that was asked about by names, with what the judge says, for the fingerprint."""
        told = zip(self.document, self.query, self.systems, self.asked.tolist(), self.share.tolist(), strict=True)
        rows = [[document, query, a, b, None if s != s else s] for document, query, (a, b), asked, s in told if asked]
        yield from sorted(rows, key=str)


def read_help(criterion: Criterion, filters: Filters) -> JudgeHelp:
    """Read what the filters' judge says of the pairs that they let in."""
    judge = Judge.objects.get(name=filters.helped)
    study = read_judged_study(judge, criterion)
    let_in = criterion.study.comparisons.for_rating().filter(pair_restriction(filters))
    columns = ("pk", "document__external_id", "query__position")
    named = {pk: (document, query) for pk, document, query in let_in.values_list(*columns).iterator(AT_ONCE)}
    chosen = [i for i, pair in enumerate(study.pairs) if pair in named]
    slugs = [system.slug for system in study.systems]
    both = list(zip(study.items.system_a.tolist(), study.items.system_b.tolist(), strict=True))
    share = answers(study.verdicts, len(study.items), study.rule).share
    return JudgeHelp(
        judge=judge.name,
        imported=judge.is_imported,
        document=[named[study.pairs[i]][0] for i in chosen],
        query=[named[study.pairs[i]][1] for i in chosen],
        language=[study.language[i] for i in chosen],
        systems=[(slugs[both[i][0]], slugs[both[i][1]]) for i in chosen],
        summaries=study.summaries[chosen],
        asked=np.array([study.pairs[i] in study.judged.documents for i in chosen], dtype=np.bool_),
        share=share[chosen],
    )
