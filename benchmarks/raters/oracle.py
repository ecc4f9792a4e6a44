"""Say how many careless annotators anybody could find: somebody who knows what the site has to estimate.

An oracle knows the true strengths of the systems, how much tastes and ties vary, who else is careful, and how the
careless one clicks. Of the votes for one of two summaries it takes the likelihood ratio, careless over careful, with
the annotator's own taste and what the others' answers on the same comparison leave open of the document integrated
out; it flags above the ratio that 2 of 100 careful people reach. No test of these votes finds more at as many false
alarms (Neyman and Pearson 1933, Philosophical Transactions of the Royal Society A 231, 289-337), but for what other
pairs of the same document say of it.
"""

from collections.abc import Iterator

import numpy as np
from scipy.special import expit, log_expit, logsumexp

from benchmarks.raters.people import Clicks, Drawn, PeopleDesign, draw, found_in, shares
from stats.votes.arrays import FloatArray, OutcomeCode

FALSE_ALARMS = 0.02
TASTES = 100  # drawn to integrate an annotator's taste
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(7)  # to integrate a document's
_TASTES = {"taste": 0.4, "documents": 0.7}
# Studies of few systems, or few people, and one of many for comparison.
SMALL = [
    PeopleDesign(12, systems=2, clicks=Clicks.TWO),
    PeopleDesign(12, systems=2, clicks=Clicks.TWO, **_TASTES),
    PeopleDesign(12, systems=3, clicks=Clicks.TWO),
    PeopleDesign(12, systems=3, clicks=Clicks.TWO, **_TASTES),
    PeopleDesign(12, systems=4, clicks=Clicks.TWO, **_TASTES),
    PeopleDesign(6, systems=4, clicks=Clicks.TWO, **_TASTES),
    PeopleDesign(6, systems=5, clicks=Clicks.TWO, **_TASTES),
    PeopleDesign(12, systems=5, clicks=Clicks.TWO, **_TASTES),
    PeopleDesign(12, systems=5, clicks=Clicks.TIES, **_TASTES),
]


def oracle_power(design: PeopleDesign, studies: int, seed: int) -> float:
    """Give the share of careless annotators that an oracle finds at FALSE_ALARMS."""
    rng = np.random.default_rng([seed, design.annotators, design.systems, design.votes])
    tastes = rng.normal(0, design.taste, (TASTES if design.taste else 1, design.systems))
    ratio = np.concatenate([_ratios(design, draw(design, rng), tastes) for _ in range(studies)])
    careless = np.tile(np.arange(design.annotators) < design.careless, studies)
    return float((ratio[careless] > np.quantile(ratio[~careless], 1 - FALSE_ALARMS)).mean())


def _ratios(design: PeopleDesign, study: Drawn, tastes: FloatArray) -> FloatArray:
    """Give each annotator's log likelihood ratio, shape (people,)."""
    open_still = _documents(design, study)
    decided = study.outcome < OutcomeCode.TIE
    a, b, who = study.system_a[decided], study.system_b[decided], study.annotator[decided]
    sign = np.where(study.outcome[decided] == OutcomeCode.A, 1.0, -1.0)[:, np.newaxis]
    at = study.between[decided][:, np.newaxis] + tastes[:, a].T - tastes[:, b].T
    wins = losses = np.zeros(at.shape)
    for node, weight in zip(NODES, open_still[decided].T, strict=True):
        here = sign * (at + np.sqrt(2) * design.documents * node)
        wins = wins + weight[:, np.newaxis] * expit(here - design.tie_band)
        losses = losses + weight[:, np.newaxis] * expit(-here - design.tie_band)
    by_taste = np.zeros((design.annotators, len(tastes)))
    np.add.at(by_taste, who, np.log(wins / (wins + losses)))
    careful = logsumexp(by_taste, axis=1) - np.log(len(tastes))
    return np.asarray(np.bincount(who, minlength=design.annotators) * np.log(0.5) - careful)


def _documents(design: PeopleDesign, study: Drawn) -> FloatArray:
    """Give what the careful others' answers on the comparison of each vote leave open of the document, on NODES."""
    # The others' own tastes widen what their answers say, as a logistic with a larger scale.
    scale = np.sqrt(1 + 2 * design.taste**2 * 3 / np.pi**2)
    at = (study.between[:, np.newaxis] + np.sqrt(2) * design.documents * NODES) / scale
    band = design.tie_band / scale
    log_a, log_b = log_expit(at - band), log_expit(-at - band)
    log_tie = np.log1p(-np.exp(log_a) - np.exp(log_b))
    outcome = study.outcome[:, np.newaxis]
    said = np.where(outcome == OutcomeCode.A, log_a, np.where(outcome == OutcomeCode.B, log_b, log_tie))
    said[study.annotator < design.careless] = 0
    together = np.zeros((int(study.comparison.max()) + 1, len(NODES)))
    np.add.at(together, study.comparison, said)
    others = np.log(WEIGHTS) + together[study.comparison] - said
    return np.asarray(np.exp(others - logsumexp(others, axis=1, keepdims=True)))


def oracle_table(designs: list[PeopleDesign], studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    yield f"{'careless people found in %, and careful ones flagged':96s}{'either':>8s}{'false':>7s}{'oracle':>9s}"
    for design in designs:
        found = [a | b for a, b in zip(*found_in(design, studies, seed), strict=True)]
        hits, false = shares(design, found)
        yield f"{design.name:96s}{100 * hits:8.1f}{100 * false:7.2f}{100 * oracle_power(design, studies, seed):9.1f}"
