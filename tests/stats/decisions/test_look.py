"""A planned look: held against the simulation's own implementation, and how often looks err."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit

from benchmarks.intervals.decisions.looks import draw_many, first_claims, seen_at, share_of
from benchmarks.intervals.decisions.stopping import ADAPTIVE, Watched, draw_adaptive
from benchmarks.intervals.designs import Design
from benchmarks.intervals.draw import draw_studies
from stats.decisions.look import FEW_PEOPLE, Claim, look_at
from stats.decisions.looks import Spending, boundaries
from stats.decisions.noninferiority import SWEEP

FIVE = Watched(Design(5, 120, 2, 1, taste_annotator=0.4, taste_document=0.7, gap=-0.2))


def look(votes, **options):
    return look_at(*votes, **{"boundary": 2.4, "margin": 0.05} | options)


@pytest.mark.parametrize("watched", [FIVE, replace(FIVE, stretches=True)], ids=["any order", "stretches"])
@pytest.mark.parametrize("votes", [50, 120])
def test_many_at_once_say_the_same(watched, votes):
    drawn = draw_many(watched, 6, np.random.default_rng(2))
    seen = seen_at(*(column[:, :votes] for column in drawn))
    for study in range(6):
        found = look([column[study, :votes] for column in drawn])
        if seen.may_say[study]:
            assert found.distance == pytest.approx((seen.gap[study] - logit(0.45)) / seen.error[study], abs=2e-3)
            assert found.freedom == pytest.approx(seen.freedom[study], rel=5e-3)
        else:
            assert found.reason


def test_the_interval_ends_where_the_claim_does():
    votes = [column[0] for column in draw_many(FIVE, 1, np.random.default_rng(3))]
    found = look(votes, margin=None)
    assert found.claim == Claim.OPEN
    assert found.lower < 0 < found.upper
    # A margin at the lower end is the last that is not good enough, and a hair more is.
    at_end = -found.lower
    assert look(votes, margin=at_end - 1e-4).claim == Claim.OPEN
    assert look(votes, margin=at_end + 1e-4).claim == Claim.GOOD_ENOUGH


def votes_of(results, annotators):
    n = len(results)
    return np.array(results, dtype=np.float64), np.arange(n) // 2, np.arange(n) % annotators


@pytest.mark.parametrize(
    ("wins", "margin", "claim"),
    [(0.9, 0.05, Claim.GOOD_ENOUGH), (0.1, 0.05, Claim.NOT_GOOD_ENOUGH), (0.9, None, Claim.BETTER),
     (0.1, None, Claim.WORSE), (0.5, None, Claim.OPEN)],
)  # fmt: skip
def test_what_may_be_claimed(wins, margin, claim):
    results = np.random.default_rng(1).permutation(np.arange(200) < 200 * wins).astype(float)
    assert look(votes_of(results, 8), margin=margin).claim == claim


def test_few_people_are_not_heard():
    half = np.tile([1.0, 0.0, 1.0], 40)
    assert look(votes_of(half, 4)).reason == FEW_PEOPLE
    assert look(votes_of(half, 6)).reason == ""


def test_too_little_is_said_with_its_reason():
    assert look(votes_of([1.0] * 12, 4)).reason.startswith("too few to say: 12 votes")
    assert "2 annotators" in look(votes_of([1.0, 0.0] * 20, 2)).reason
    assert look(votes_of([1.0] * 40, 5)).reason == SWEEP
    results, document, _ = votes_of([1.0, 0.0] * 40, 3)
    one = np.where(np.arange(80) < 70, 0, np.arange(80) % 3)
    assert look([results, document, one]).reason == FEW_PEOPLE
    assert look([results, document, one]).claim == Claim.OPEN


@pytest.mark.simulation
@pytest.mark.parametrize("spending", list(Spending))
def test_looks_err_as_rarely_as_promised(spending):
    """A small part of `make simulate ARGS='--looks 2000'`: 5 % of 600 studies, and 2.5 %, with three standard errors."""
    times, studies = [40, 80, 120, 160], 600
    bounds = boundaries([time / times[-1] for time in times], spending)
    equals = Watched(Design(8, 80, 2, 2, taste_annotator=0.5, taste_document=0.8, gap=0.0))
    differ = first_claims(draw_many(equals, studies, np.random.default_rng(5)), times, bounds, 0.0)[0] != 0
    assert differ.mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / studies)
    worse = replace(equals, design=replace(equals.design, gap=-0.4))
    limit = float(logit(share_of(worse.design)))
    good = first_claims(draw_many(worse, studies, np.random.default_rng(6)), times, bounds, limit)[0] > 0
    assert good.mean() < 0.025 + 3 * np.sqrt(0.025 * 0.975 / studies)
    # Looking as often with the bounds of a single look errs more often: the test can fail.
    peeking = first_claims(draw_many(equals, studies, np.random.default_rng(5)), times, np.full(4, 1.96), 0.0)[0] != 0
    assert peeking.mean() > 1.3 * differ.mean()


@pytest.mark.simulation
def test_looks_err_as_rarely_where_earlier_votes_decide_on_later_pairs():
    """The same of adaptive draws among four systems, of which the last two are looked at."""
    design, studies = ADAPTIVE[1].design, 400
    drawn = draw_adaptive(design, studies, np.random.default_rng(7))
    votes = drawn[0].shape[1]
    times = [votes // 4, votes // 2, 3 * votes // 4, votes]
    bounds = boundaries([time / votes for time in times], Spending.OBRIEN_FLEMING)
    differ = first_claims(drawn, times, bounds, 0.0)[0] != 0
    assert 0 < differ.mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / studies)
    peeking = first_claims(drawn, times, np.full(4, 1.96), 0.0)[0] != 0
    assert peeking.mean() > 1.3 * differ.mean()


def test_adaptive_votes_come_in_the_order_in_which_they_were_drawn():
    """The first tenth evenly over six pairs, for there is nothing to go by; then more between two that are alike."""
    design = Design(5, 60, 4, 3, adaptive=True, gap=3.0, last_ahead=3.0)
    studies = draw_studies(design, 200, np.random.default_rng(1))
    asked = (studies.a == 2) & (studies.b == 3)
    in_time, tenth = np.take_along_axis(asked, studies.order, axis=1), design.votes // 10
    assert in_time[:, :tenth].mean() < 0.185
    assert in_time[:, tenth:].mean() > 0.21
    assert asked[:, :tenth].mean() > 0.2  # as the places are numbered, nothing shows
