"""How much each of a study's judges counts beside the others: a jury fitted to people's votes."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from annotations.models import Criterion
from judges.models import Judge
from judges.report.arrays import read_judged_study
from judges.report.figures import figure_values
from judges.report.outcomes import judges_of
from stats.judges.arrays import answers
from stats.judges.clustered import Figure
from stats.judges.jury import JuryRows, fit_jury
from stats.votes.arrays import A_SHARE

LEAST_JUDGES, LEAST_DOCUMENTS = 2, 2


@dataclass(frozen=True)
class Juror:
    """A judge and what it adds to the others.

    Attributes:
        discrimination: Log-odds that people prefer a summary, for a standard deviation of what the judge says; with its
            reason where the judge is left out.
    """

    judge: Judge
    discrimination: Figure


def jury_of(criterion: Criterion) -> list[Juror]:
    """Return the judges that answered on a criterion, by name; nothing of fewer than two, or without votes."""
    judges = judges_of(criterion)
    if len(judges) < LEAST_JUDGES:
        return []
    studies = [read_judged_study(judge, criterion) for judge in judges]
    votes, items = studies[0].votes, studies[0].items
    if len(np.unique(items.document[votes.item])) < LEAST_DOCUMENTS:
        return []
    share = np.column_stack([answers(study.verdicts, len(items), study.rule).share for study in studies])
    told = np.nan_to_num(share - 0.5, nan=0.0)[votes.item]
    weight = np.ones(len(votes))
    jury = fit_jury(JuryRows(told, A_SHARE[votes.outcome], weight, items.document[votes.item], votes.annotator))
    return [Juror(judge, figure) for judge, figure in zip(judges, jury.discrimination, strict=True)]


def jury_report(criterion: Criterion) -> dict[str, Any]:
    """Return the same as values for JSON: judges by name, each with its key and its weight."""
    jurors = [
        {"judge": juror.judge.name, "key": juror.judge.pk, "weight": figure_values(juror.discrimination)}
        for juror in jury_of(criterion)
    ]
    return {"criterion": criterion.key, "study": criterion.study.slug, "judges": jurors}
