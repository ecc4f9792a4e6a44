"""Hold figures about judges of known faults against the truth: how often do their intervals hold it?"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.judges.draw import JudgeDesign, JudgedStudy, draw_study
from stats.judges.agreement import agreement
from stats.judges.arrays import answers
from stats.judges.biases import length_bias, position_bias, sample_consistency
from stats.judges.calibration import calibration
from stats.judges.clustered import Figure
from stats.judges.corrected import win_rate
from stats.votes.arrays import A_SHARE

TRUTH_DOCUMENTS = 12_000
# Win rates are corrected where people voted on the first so many of so many documents.
VOTED_DOCUMENTS = 60
ALL_DOCUMENTS = 240
RATES = ("judge", "people", "corrected", "powered")
TRUTH_PEOPLE = 2_000

DESIGNS = {
    "accuracy 0.5": JudgeDesign(accuracy=0.5),
    "accuracy 0.6": JudgeDesign(accuracy=0.6),
    "accuracy 0.7": JudgeDesign(accuracy=0.7),
    "accuracy 0.8": JudgeDesign(accuracy=0.8),
    "accuracy 0.9": JudgeDesign(accuracy=0.9),
    "30 % for the first": JudgeDesign(first=0.3),
    "30 % for the longer": JudgeDesign(longer=0.3),
    "too sure": JudgeDesign(sharpness=2.0, samples=2),
    "people differ, 4 a document": JudgeDesign(skill=0.8, people=8, per_document=4),
    "documents differ": JudgeDesign(ease=1.2, documents=40),
}


def figures(study: JudgedStudy) -> dict[str, Figure]:
    """Give the figures about the judge of one study."""
    items, votes = study.items, study.votes
    judge = answers(study.verdicts, len(items))
    found, position = agreement(items, votes, judge), position_bias(items, study.verdicts)
    return {
        "agreement": found.with_people,
        "among people": found.among_people,
        "where people agree": found.where_people_agree,
        "first": position.first_share,
        "flips": position.flip_rate,
        "length": length_bias(items, study.length, votes, judge).beyond_people,
        "calibration": calibration(items, votes, judge, seed=1).error,
        "samples": sample_consistency(items, study.verdicts),
    }


def rates(study: JudgedStudy) -> dict[str, Figure]:
    """Give the first system's win rate by judge, by people, and by both, with votes on some documents only."""
    voted = study.items.document[study.votes.item] < VOTED_DOCUMENTS
    found = win_rate(study.items, study.votes.take(voted), answers(study.verdicts, len(study.items)), 0)
    return {name: getattr(found, name) for name in RATES}


def true_rates(design: JudgeDesign, seed: int = 0) -> dict[str, float]:
    """Give the share of votes for the first system over very many documents and people."""
    study = large_study(design, seed)
    first = study.items.system_a[study.votes.item] == 0
    return dict.fromkeys(RATES, float(A_SHARE[study.votes.outcome[first]].mean()))


def truth(design: JudgeDesign, seed: int = 0) -> dict[str, float]:
    """Give what the figures would be over very many documents and people: those of one very large study.

    The calibration error is the plain one, whose excess vanishes there.
    """
    study = large_study(design, seed)
    values = {name: found.value for name, found in figures(study).items()}
    values["calibration"] = calibration(
        study.items, study.votes, answers(study.verdicts, len(study.items)), seed=1
    ).plain
    return {name: value for name, value in values.items() if value is not None}


def large_study(design: JudgeDesign, seed: int, parts: int = 30) -> JudgedStudy:
    """Draw a very large study in parts with other people each, so that the table of people by document stays small."""
    rng = np.random.default_rng(seed)
    people = max(TRUTH_PEOPLE // parts, design.per_document)
    small = replace(design, documents=TRUTH_DOCUMENTS // parts, people=people)
    return joined([draw_study(small, rng) for _ in range(parts)], small)


def joined(parts: list[JudgedStudy], design: JudgeDesign) -> JudgedStudy:
    """Put studies of one design side by side, with documents and people of their own."""
    n = len(parts[0].items)

    def column(of: Callable[[JudgedStudy], np.ndarray], step: int = 0) -> np.ndarray:
        return np.concatenate([of(part) + i * step if step else of(part) for i, part in enumerate(parts)])

    first = parts[0]
    items = type(first.items)(
        column(lambda s: s.items.system_a),
        column(lambda s: s.items.system_b),
        column(lambda s: s.items.document, design.documents),
    )
    votes = type(first.votes)(
        column(lambda s: s.votes.item, n),
        column(lambda s: s.votes.annotator, design.people),
        column(lambda s: s.votes.outcome),
    )
    verdicts = type(first.verdicts)(
        column(lambda s: s.verdicts.item, n),
        column(lambda s: s.verdicts.outcome),
        column(lambda s: s.verdicts.a_first),
        column(lambda s: s.verdicts.sample),
        column(lambda s: s.verdicts.share),
    )
    return JudgedStudy(items, column(lambda s: s.better), column(lambda s: s.length), votes, verdicts)


@dataclass(frozen=True)
class Recovery:
    """Hold how often the intervals of a figure held the truth, in how many studies, and what they were like."""

    truth: float
    value: float
    covers: float
    width: float
    studies: int


def recovery(design: JudgeDesign, studies: int, seed: int) -> dict[str, Recovery]:
    """Draw studies and compare each figure with its truth."""
    return compared(design, truth(design), figures, studies, seed)


def recovered_rates(design: JudgeDesign, studies: int, seed: int) -> dict[str, Recovery]:
    """Draw studies and compare each win rate of the first system with its truth."""
    return compared(replace(design, documents=ALL_DOCUMENTS), true_rates(design), rates, studies, seed)


def compared(
    design: JudgeDesign,
    true: dict[str, float],
    of_study: Callable[[JudgedStudy], dict[str, Figure]],
    studies: int,
    seed: int,
) -> dict[str, Recovery]:
    rng = np.random.default_rng(seed)
    drawn = [of_study(draw_study(design, rng)) for _ in range(studies)]
    found = {}
    for name, value in true.items():
        rows = [(f[name].value, f[name].lower, f[name].upper) for f in drawn if f[name].lower is not None]
        if rows:
            values, lower, upper = np.array(rows, dtype=np.float64).T
            inside = float(((lower <= value + 1e-9) & (value - 1e-9 <= upper)).mean())
            found[name] = Recovery(value, float(values.mean()), inside, float((upper - lower).mean()), len(rows))
    return found
