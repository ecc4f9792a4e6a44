"""Looks at dates: boundaries by a second implementation, the ways a study may go, and how often looks err."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit
from scipy.stats import multivariate_normal, norm

from benchmarks.intervals.decisions.dated_looks import ORDERS, counts_at, dated_bounds, draw_batch
from benchmarks.intervals.decisions.looks import first_claims, share_of
from benchmarks.intervals.designs import Design
from stats.decisions.dated import NO_MORE, OVER, TOO_EARLY, look_by_date
from stats.decisions.looks import Spending, boundaries, spent

OBF, POCOCK = Spending.OBRIEN_FLEMING, Spending.POCOCK


@pytest.mark.parametrize("spending", list(Spending))
@pytest.mark.parametrize(
    ("counts", "maximum"),
    [([120, 310, 480], 600), ([90, 300, 590, 780], 600), ([150, 310, 310, 310], 600), ([200, 700], 600)],
    ids=["fewer than planned", "more than planned", "nothing new at the end", "most in the end"],
)
def test_the_multivariate_normal_distribution_spends_the_same(counts, maximum, spending):
    """The second implementation: the chance to stay below all bounds, whatever the last look reads, is 1 - alpha."""
    times, bounds = dated_bounds(counts, maximum, spending)
    levels = [float(spent(spending, np.array(n / maximum))) for n in times[:-1]] + [0.025]
    n = np.array(times, dtype=float)
    correlation = np.sqrt(np.minimum.outer(n, n) / np.maximum.outer(n, n))
    for k, level in enumerate(levels, 1):
        walk = multivariate_normal(
            cov=correlation[:k, :k], allow_singular=True, seed=1, abseps=1e-7, releps=1e-7, maxpts=10**6
        )
        assert 1 - walk.cdf(bounds[:k]) == pytest.approx(level, abs=3e-5)


def test_a_study_that_goes_as_planned_has_the_boundaries_of_looks_at_numbers_of_votes():
    for spending in Spending:
        times, bounds = dated_bounds([150, 300, 450, 600], 600, spending)
        assert times == [150, 300, 450, 600]
        assert bounds == pytest.approx(boundaries([0.25, 0.5, 0.75, 1], spending), abs=1e-6)


def test_a_look_that_reads_nothing_new_spends_nothing():
    look = look_by_date([300], 300, 600, OBF, rest=False)
    assert (look.boundary, look.reason) == (None, NO_MORE)
    assert look.spent == pytest.approx(float(spent(OBF, np.array(0.5))))
    assert dated_bounds([100, 300, 300, 600], 600, OBF)[1] == pytest.approx(dated_bounds([100, 300, 600], 600, OBF)[1])


def test_too_few_votes_spend_nothing():
    for votes, said in ((0, "no votes yet"), (19, "19 votes of at least 20")):
        look = look_by_date([], votes, 600, POCOCK, rest=False)
        assert (look.boundary, look.spent) == (None, 0.0)
        assert said in look.reason
    assert look_by_date([], 20, 6_000, OBF, rest=False).reason == TOO_EARLY
    assert dated_bounds([10, 15, 600], 600, POCOCK)[1] == pytest.approx([norm.isf(0.025)])


def test_the_look_with_the_planned_votes_is_the_last():
    times, bounds = dated_bounds([200, 640, 900, 1_200], 600, OBF)
    assert times == [200, 640]
    assert bounds == pytest.approx(boundaries([1 / 3, 640 / 600], OBF), abs=1e-6)
    later = look_by_date(times, 1_200, 600, OBF, rest=True)
    assert (later.boundary, later.reason, later.spent) == (None, OVER, 0.025)


def test_the_last_date_spends_the_rest_and_only_that_one_does():
    early = look_by_date([200], 400, 600, OBF, rest=False)
    last = look_by_date([200], 400, 600, OBF, rest=True)
    assert early.spent == pytest.approx(float(spent(OBF, np.array(2 / 3))))
    assert (last.spent, last.boundary < early.boundary) == (0.025, True)


def test_votes_that_count_no_more_leave_what_is_left_by_itself():
    """Bonferroni: no chance of both looks together is known where the later one reads other votes than the earlier."""
    fewer = look_by_date([200, 400], 350, 600, OBF, rest=True)
    assert fewer.boundary == pytest.approx(norm.isf(0.025 - float(spent(OBF, np.array(400 / 600)))))
    assert fewer.boundary > look_by_date([200, 400], 400, 600, OBF, rest=True).boundary


def test_why_the_rest_is_spent_only_where_nobody_ended_rating_before():
    """Who closes a study because half of its votes nearly decide, and is given the rest for them, errs in 4.1 %."""
    times, bounds = dated_bounds([300, 600], 600, OBF)
    at_once = look_by_date(times[:1], 300, 600, OBF, rest=True).boundary
    both = multivariate_normal(cov=[[1, np.sqrt(0.5)], [np.sqrt(0.5), 1]], seed=1, abseps=1e-7, releps=1e-7)
    errs = norm.sf(at_once) + norm.cdf(at_once) - both.cdf([at_once, bounds[1]])
    assert errs == pytest.approx(0.0412, abs=0.0005)


@pytest.mark.parametrize("held", [[200, 200], [300, 200], [0]])
def test_looks_that_do_not_rise_are_refused(held):
    with pytest.raises(ValueError, match="each above the one before"):
        look_by_date(held, 500, 600, OBF, rest=False)


@pytest.mark.simulation
@pytest.mark.parametrize("order", ORDERS, ids=[order.name for order in ORDERS])
def test_looks_err_as_rarely_as_promised_and_plain_intervals_do_not(order):
    """A small part of `make simulate ARGS='--looks 2000'`: votes come late, in bursts, fewer and more than planned."""
    design, studies = Design(14, 120, 2, 3, taste_annotator=0.4, taste_document=0.6, gap=0.0), 400
    equals = draw_batch(design, order, studies, np.random.default_rng(5))
    worse = replace(design, gap=-0.4)
    at_margin = draw_batch(worse, order, studies, np.random.default_rng(6))
    limit = float(logit(share_of(worse)))
    for spending, shares, maximum in (
        (OBF, [0.05, 0.1, 0.3, 0.6, 1.0], 500),
        (POCOCK, [0.4, 0.45, 0.5, 1.0], 250),
    ):
        counts = counts_at(np.array(shares), equals[0].shape[1])
        times, bounds = dated_bounds(counts, maximum, spending)
        differ = (first_claims(equals, times, bounds, 0.0)[0] != 0).mean()
        assert differ < 0.05 + 3 * np.sqrt(0.05 * 0.95 / studies)
        good = (first_claims(at_margin, times, bounds, limit)[0] > 0).mean()
        assert good < 0.025 + 3 * np.sqrt(0.025 * 0.975 / studies)
        # The same looks with the bounds of a single one: the test can fail. Where few have joined, early looks say nothing.
        plain = (first_claims(equals, counts, np.full(len(counts), 1.96), 0.0)[0] != 0).mean()
        assert order.joining or plain > max(1.3 * differ, 0.06)
