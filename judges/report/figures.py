"""The figures of a judge on one criterion of a study, against people, as values for JSON."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from annotations.models import Criterion
from judges.models import Judge, JudgingJob
from judges.report.arrays import JudgedStudy, read_judged_study
from judges.report.datasets import read_judged_dataset
from judges.report.helping import effective_votes
from judges.report.outcomes import JudgedPairs
from stats.judges.arrays import answers
from stats.judges.clustered import Figure
from stats.judges.corrected import win_rate
from stats.judges.figures import JudgeFigures, judge_figures
from stats.votes.arrays import BoolArray

ALWAYS = 0.95
NO_FAMILY = "undefined: the judge's record names no maker and no model"
NO_LENGTHS = "too few to say: the judge has no verdicts"
UNKNOWN = "unknown"
Figures = dict[str, Any]


def judge_report(judge: Judge, criterion: Criterion) -> Figures:
    """Return what a judge's verdicts say, how they agree with people's votes, and whether it may stand in for a person.

    Figures have 95 % intervals for other documents and, where people's votes are in them, other people; `n` is the
    number of answers a figure comes from. What is undefined is None with a reason; a figure from too few answers has a
    reason too.
    """
    return report_of(read_judged_study(judge, criterion))


def dataset_report(job: JudgingJob, criterion: str) -> Figures:
    """Return the same of a judge asked about a dataset, where figures against people are undefined: nobody voted."""
    return report_of(read_judged_dataset(job, criterion))


def report_of(study: JudgedStudy) -> Figures:
    """Return the figures of what a judge said."""
    found = _figures(study)
    judged, first = study.judged, figure_values(found.position.first_share)
    helped = effective_votes(study)
    return {
        "judge": study.judge.name,
        "criterion": study.criterion,
        "study": study.about,
        "pairs": len(judged.outcomes),
        "verdicts": judged.answers,
        "no_verdict": judged.no_verdict,
        "outcomes": dict(sorted(Counter(judged.outcomes.values()).items())),
        "may_stand_in": found.may_stand_in,
        "why_not": [str(reason) for reason in found.why_not],
        "agreement": figure_values(found.agreement.with_people),
        "human_agreement": figure_values(found.agreement.among_people),
        "accuracy_where_people_agree": figure_values(found.agreement.where_people_agree),
        "confusion": {"answers": ["a", "b", "tie"], "votes": found.agreement.confusion.tolist()},
        "flip_rate": figure_values(found.position.flip_rate),
        "first_position_share": first,
        "length_bias": figure_values(found.length.beyond_people if found.length else Figure.undefined(NO_LENGTHS)),
        "family_bias": _family(study, found),
        "consistency": figure_values(found.consistency),
        "ece": figure_values(found.calibration.error),
        "calibration": _bins(found),
        "alt_test": _alt_test(found),
        **helped,
        "win_rates": _win_rates(study),
        "by_language": _by_group(study, study.language),
        "by_size": _by_group(study, study.sizes),
        "states": _states(judged, first),
    }


def _figures(study: JudgedStudy, chosen: BoolArray | None = None) -> JudgeFigures:
    return judge_figures(
        study.items,
        study.votes,
        study.verdicts,
        rule=study.rule,
        seed=study.seed,
        length=study.lengths,
        related=study.related,
        chosen=chosen,
    )


def _family(study: JudgedStudy, found: JudgeFigures) -> Figures:
    """Give how far the judge prefers its own family beyond people, and which systems are of it."""
    names = [] if study.related is None else [study.systems[i].slug for i in np.flatnonzero(study.related).tolist()]
    beyond = Figure.undefined(NO_FAMILY) if found.family is None else found.family.beyond_people
    return figure_values(beyond) | {"systems": names}


def _bins(found: JudgeFigures) -> list[Figures]:
    return [
        {"from": one.lower, "to": one.upper, "chance": one.chance, "right": figure_values(one.right)}
        for one in found.calibration.bins
    ]


def _alt_test(found: JudgeFigures) -> Figures:
    test = found.alt_test
    return {
        "winning_rate": test.winning_rate,
        "advantage": test.advantage,
        "epsilon": test.epsilon,
        "passes": test.passes,
        "people": len(test.people),
        "left_out": test.left_out,
        "reason": test.reason,
    }


def _win_rates(study: JudgedStudy) -> list[Figures]:
    """Give the win rate of each system by the judge, by people, and by the judge less its errors."""
    given = answers(study.verdicts, len(study.items), study.rule)
    rows = []
    for number, system in enumerate(study.systems):
        rate = win_rate(study.items, study.votes, given, number)
        shares = {name: figure_values(getattr(rate, name)) for name in ("judge", "people", "corrected")}
        errors = {"sensitivity": rate.sensitivity, "specificity": rate.specificity}
        rows.append({"system": system.slug, **shares, **errors})
    return rows


def _by_group(study: JudgedStudy, group: Sequence[str]) -> list[Figures]:
    """Give the main figures of each language, or of each two size classes, if there are several."""
    names = sorted(set(group))
    return [] if len(names) < 2 else [_of_group(study, name, np.array(group) == name) for name in names]


def _of_group(study: JudgedStudy, name: str, chosen: BoolArray) -> Figures:
    found = _figures(study, chosen)
    return {
        "group": name or UNKNOWN,
        "pairs": found.pairs,
        "agreement": figure_values(found.agreement.with_people),
        "human_agreement": figure_values(found.agreement.among_people),
        "flip_rate": figure_values(found.position.flip_rate),
        "may_stand_in": found.may_stand_in,
    }


def figure_values(figure: Figure) -> Figures:
    """Return a figure as values for JSON."""
    return {
        "value": figure.value,
        "lower": figure.lower,
        "upper": figure.upper,
        "n": figure.n,
        "reason": figure.reason,
    }


def _states(judged: JudgedPairs, first: Figures) -> list[str]:
    """Say what makes the verdicts unfit to be used, whatever they agree with."""
    states = []
    if judged.answers and judged.no_verdict == judged.answers:
        states.append("No answer holds a verdict.")
    if first["value"] is not None and first["value"] >= ALWAYS:
        states.append("It nearly always prefers the summary that is shown first, whatever the texts say.")
    if first["value"] is not None and first["value"] <= 1 - ALWAYS:
        states.append("It nearly always prefers the summary that is shown second, whatever the texts say.")
    return states
