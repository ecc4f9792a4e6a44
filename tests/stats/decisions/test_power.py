"""Simulated studies: drawn as said, decided as boards decide, and what is read between them."""

import numpy as np
import pytest
from scipy.special import expit

from stats.decisions.noninferiority import Scale, noninferiorities
from stats.decisions.power import (
    SIDE,
    TIE_BAND,
    Bounds,
    Tastes,
    VotingDesign,
    bounds_of,
    draw_votes,
    drawn_strengths,
    gap_of,
    simulate_bounds,
)
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths, draw
from stats.votes.arrays import OutcomeCode, VoteArrays

pytestmark = pytest.mark.once

USUAL = Tastes(annotators=0.5, documents=0.8)
DESIGN = VotingDesign(annotators=5, documents=20, votes_per_document=3)


def votes_of(design=DESIGN, seed=0, gap=0.3, tastes=USUAL):
    return draw_votes(design, tastes, gap, np.random.default_rng(seed))


def test_a_study_has_the_votes_of_its_design():
    votes = votes_of()
    assert len(votes) == DESIGN.votes == 60
    assert np.bincount(votes.document).tolist() == [3] * 20
    cells = set(zip(votes.document.tolist(), votes.annotator.tolist(), strict=True))
    assert len(cells) == 60  # nobody twice on a document


@pytest.mark.parametrize("design", [(3, 10, 4), (3, 0, 1), (3, 10, 0)])
def test_a_design_that_nobody_can_carry_out_is_refused(design):
    with pytest.raises(ValueError, match="expected at least one document"):
        VotingDesign(*design)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.62])
def test_the_share_is_that_of_very_many_votes(share):
    """Drawn again here, without the module's own formulas for shares."""
    rng = np.random.default_rng(5)
    n = 400_000
    at = gap_of(share, USUAL) + rng.normal(0, 0.5, n) + rng.normal(0, 0.8, n) + SIDE * rng.choice((-1, 1), n)
    noise = rng.logistic(size=n)
    score = np.where(at + noise > TIE_BAND, 1.0, np.where(at + noise < -TIE_BAND, 0.0, 0.5))
    assert score.mean() == pytest.approx(share, abs=0.004)


def test_a_quarter_of_the_answers_between_equals_are_ties():
    votes = votes_of(VotingDesign(20, 2000, 5), gap=0.0, tastes=Tastes(0, 0))
    ties = (votes.outcome == OutcomeCode.TIE).mean()
    # The side moves both ends of the band by as much as it moves the answer.
    expected = np.mean([expit(TIE_BAND - side) - expit(-TIE_BAND - side) for side in (-SIDE, SIDE)])
    assert ties == pytest.approx(expected, abs=0.02)


def test_a_study_is_decided_as_a_board_decides():
    """Against the whole of what boards do, threads, tallies and all, with the same seed."""
    for seed in range(5):
        votes = votes_of(seed=seed)
        (board,) = noninferiorities(votes, [(0, 1)], margin=0.05, seed=9, scale=Scale.WIN_PROBABILITY, resamples=1000)
        assert bounds_of(votes, seed=9, n=1000) == pytest.approx((0.5 + board.lower, 0.5 + board.upper), abs=1e-5)


def test_resamples_are_those_of_boards():
    votes = votes_of(VotingDesign(3, 6, 1))
    draws = draw(np.random.default_rng(3), *(int(unit.max()) + 1 for unit in (votes.document, votes.annotator)), 400)
    board = bootstrap_strengths(votes, fit_bradley_terry(votes.wins()), draws)
    ours = np.column_stack(drawn_strengths(votes, 3, 400))
    assert np.isnan(board).any()  # some resamples draw none of the cells that have votes
    np.testing.assert_allclose(ours, board, atol=1e-5, equal_nan=True)


def test_a_study_that_one_system_swept_has_no_interval():
    n = 30
    zeros = np.zeros(n, dtype=np.int64)
    votes = VoteArrays(zeros, zeros + 1, zeros, np.arange(n) // 3, np.arange(n) % 3, 2)
    assert np.isnan(bounds_of(votes, seed=0, n=200)).all()


def test_below_the_least_numbers_a_board_has_no_interval():
    few = simulate_bounds(VotingDesign(2, 40, 2), USUAL, 0.5, studies=3, seed=0)
    assert np.isnan(few.lower).all()
    assert few.good(0.4) == few.bad(0.4) == 0


def test_the_seed_gives_the_studies():
    one, same, other = (simulate_bounds(DESIGN, USUAL, 0.5, studies=3, seed=s, resamples=100) for s in (1, 1, 2))
    assert one.lower.tolist() == same.lower.tolist() != other.lower.tolist()


def test_verdicts_are_counted_by_the_ends_of_intervals():
    bounds = Bounds(np.array([0.41, 0.46, 0.3, np.nan]), np.array([0.6, 0.7, 0.44, np.nan]))
    assert (bounds.good(0.05), bounds.bad(0.05)) == (0.25, 0.25)


@pytest.mark.simulation
@pytest.mark.parametrize(("tastes", "share"), [(USUAL, 0.45), (Tastes(1.0, 0.8), 0.4)])
def test_at_the_margin_boards_are_seldom_wrong(tastes, share):
    """The level is 2.5 %. 400 studies that were wrong in 7 % would pass in one of 500."""
    bounds = simulate_bounds(VotingDesign(6, 30, 3), tastes, share, studies=400, seed=11, resamples=400)
    assert bounds.good(0.5 - share) <= 0.04
    # It could have failed: intervals for independent votes are wrong far more often.
    assert naive_error(VotingDesign(6, 30, 3), tastes, share) > (0.05 if tastes is USUAL else 0.12)


def naive_error(design, tastes, share, studies=400):
    """How often a z-interval of single votes lies above the true share."""
    wrong = 0
    for seed in range(studies):
        votes = votes_of(design, seed, gap_of(share, tastes), tastes)
        score = np.array([1.0, 0.0, 0.5, 0.5])[votes.outcome]
        wrong += score.mean() - 1.96 * score.std(ddof=1) / np.sqrt(len(score)) > share
    return wrong / studies
