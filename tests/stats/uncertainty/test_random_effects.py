"""The crossed random-effects model that was tried as an interval: benchmarks/intervals/random_effects.py."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from benchmarks.intervals.designs import Design
from benchmarks.intervals.draw import draw_studies
from benchmarks.intervals.random_effects import Model, attenuation, integrated
from stats.decisions.power import TIE_BAND, expected_share
from stats.strengths.bradley_terry import PENALTY


def minus_log_posterior(theta, studies, sds):
    """Vote by vote, of one study; theta: strengths, then tastes of annotators, then of documents."""
    design = studies.design
    n, people = design.systems, design.annotators
    strengths, rest = theta[:n], theta[n:].reshape(-1, n)
    of_people, of_papers = rest[:people], rest[people:]
    total = PENALTY / 2 * (strengths**2).sum() + (of_people**2).sum() / (2 * sds[0] ** 2)
    total += (of_papers**2).sum() / (2 * sds[1] ** 2)
    columns = (studies.a, studies.b, studies.share, studies.document, studies.annotator)
    for a, b, share, document, annotator in zip(*(column[0] for column in columns), strict=True):
        liking = strengths + of_people[annotator] + of_papers[document]
        won, lost = expit(liking[a] - liking[b] - TIE_BAND), expit(liking[b] - liking[a] - TIE_BAND)
        total -= np.log(won if share == 1 else lost if share == 0 else 1 - won - lost)
    return total


def second_derivatives(of, at, step=1e-3):
    size = len(at)
    moved = np.eye(size) * step
    table = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            corners = [of(at + p * moved[i] + q * moved[j]) for p, q in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            table[i, j] = table[j, i] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
    return table


def test_the_approximation_is_the_one_written_out():
    design = Design(2, 4, 2, 2, 1, taste_annotator=0.5, taste_document=0.5)
    studies, n = draw_studies(design, 1, np.random.default_rng(1)), 2
    evidence = {}
    for sds in ((0.4, 0.9), (1.2, 0.3)):
        found = Model(studies).at(*sds)
        best = minimize(minus_log_posterior, np.zeros(n * 7), args=(studies, sds), tol=1e-12)
        bends = second_derivatives(lambda at, sds=sds: minus_log_posterior(at, studies, sds), best.x)
        assert found.strengths[0] == pytest.approx(best.x[:n], abs=1e-3)
        assert found.covariance[0] == pytest.approx(np.linalg.inv(bends)[:n, :n], rel=1e-3, abs=1e-3)
        spread = n * (2 * np.log(sds[0]) + 4 * np.log(sds[1]))
        evidence[sds] = (found.evidence[0], -best.fun - spread - np.linalg.slogdet(bends)[1] / 2)
    ours, theirs = np.diff(np.array(list(evidence.values())), axis=0)[0]
    assert ours == pytest.approx(theirs, abs=1e-3)


def test_marginal_log_odds_are_smaller_than_conditional_ones():
    # By drawing gaps in place of integrating them.
    gaps = np.random.default_rng(2).normal(0.1, 1.1, 1_000_000)
    share = expected_share(gaps).mean()
    assert attenuation(1.1**2) * 0.1 == pytest.approx(np.log(share / (1 - share)), abs=0.004)


@pytest.mark.simulation
@pytest.mark.parametrize("tastes", [(0.4, 0.8), (0.9, 0.2)])
def test_known_variances_are_found(tastes):
    design = Design(12, 60, 3, 6, 3, taste_annotator=tastes[0], taste_document=tastes[1])
    studies = draw_studies(design, 16, np.random.default_rng(3))
    middle, reach, sds = integrated(studies)
    # Sixteen studies of twelve annotators: their mean standard deviation is off by chance by some 4 %.
    assert sds.mean(axis=0) == pytest.approx(tastes, abs=0.12)
    assert np.isfinite(middle).all()
    assert (reach > 0).all()
