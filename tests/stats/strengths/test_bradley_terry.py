import evalica
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from stats.strengths.bradley_terry import InvalidWinsError, fit_bradley_terry, fit_many, to_rating
from tests.stats.simulate import A, B, simulated, votes

WINNERS = [evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.Draw]


@st.composite
def win_matrices(draw):
    n = draw(st.integers(2, 6))
    wins = draw(arrays(np.float64, (n, n), elements=st.sampled_from([0, 0.5, 1, 2, 7, 300])))
    np.fill_diagonal(wins, 0)
    return wins


def test_three_wins_of_four_are_odds_of_three_to_one():
    # Worked by hand: the maximum of 3 log p + log(1 - p) is p = 3/4, log-odds log 3 = 1.0986. The prior pulls by
    # PENALTY * d / 2 = 0.0055 on a slope of 4 * 3/16 = 0.75, that is by 0.0073.
    strengths = fit_bradley_terry(np.array([[0.0, 3.0], [1.0, 0.0]]))
    assert strengths[0] - strengths[1] == pytest.approx(np.log(3) - 0.0073, abs=2e-4)
    assert strengths.sum() == pytest.approx(0, abs=1e-12)


def test_odds_of_ten_to_one_are_400_points():
    assert np.diff(to_rating(np.log([1.0, 10.0]))) == pytest.approx(400)
    assert to_rating(np.zeros(1)) == 1000


def test_a_hundred_thousand_votes_give_what_evalica_gives():
    sample = simulated(1, n_votes=100_000, n_systems=20)
    winners = [WINNERS[code] for code in sample.outcome]
    theirs = evalica.bradley_terry(
        sample.system_a.tolist(), sample.system_b.tolist(), winners, tolerance=1e-12, limit=10_000
    )
    scores = np.log(theirs.scores.sort_index().to_numpy())
    assert fit_bradley_terry(sample.wins()) == pytest.approx(scores - scores.mean(), abs=1e-4)


def test_a_hundred_thousand_votes_give_the_plain_maximum_likelihood():
    wins = simulated(2, n_votes=100_000, n_systems=20).wins()

    def loss(strengths):
        gaps = strengths[:, None] - strengths[None, :]
        lost_chance = 1 / (1 + np.exp(gaps))
        return (wins * np.log1p(np.exp(-gaps))).sum(), (wins * -lost_chance).sum(1) + (wins * lost_chance).sum(0)

    found = minimize(loss, np.zeros(20), jac=True, method="BFGS", options={"gtol": 1e-4})
    assert fit_bradley_terry(wins) == pytest.approx(found.x - found.x.mean(), abs=1e-4)


@pytest.mark.parametrize("games", [1, 50, 1_000_000])
def test_a_system_that_never_lost_stays_finite(games):
    strengths = fit_bradley_terry(np.array([[0.0, games, games], [0.0, 0.0, games], [0.0, 0.0, 0.0]]))
    assert np.isfinite(strengths).all()
    assert strengths[0] > strengths[1] > strengths[2]


def test_more_wins_without_a_loss_rate_higher():
    gaps = [np.ptp(fit_bradley_terry(np.array([[0.0, games], [0.0, 0.0]]))) for games in (1, 10, 100)]
    assert gaps == sorted(gaps)


def test_ties_alone_rate_all_equal():
    assert fit_bradley_terry(np.array([[0, 2.5], [2.5, 0]])) == pytest.approx([0, 0])


@given(win_matrices(), st.randoms(use_true_random=False))
def test_renaming_systems_renames_the_ratings(wins, random):
    order = list(range(len(wins)))
    random.shuffle(order)
    assert fit_bradley_terry(wins[np.ix_(order, order)]) == pytest.approx(fit_bradley_terry(wins)[order], abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_swapping_a_and_b_changes_nothing(rows):
    rows = [(a, (a + step) % 4, outcome) for a, step, outcome in rows]
    swapped = [(b, a, {A: B, B: A}.get(outcome, outcome)) for a, b, outcome in rows]
    assert (votes(rows, 4).wins() == votes(swapped, 4).wins()).all()


@given(win_matrices())
def test_the_gradient_vanishes_at_the_answer(wins):
    strengths = fit_bradley_terry(wins)
    chance = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    gradient = (wins - (wins + wins.T) * chance).sum(1) - 0.01 * strengths
    assert gradient == pytest.approx(np.zeros(len(wins)), abs=1e-5)


@given(st.lists(arrays(np.float64, (4, 4), elements=st.sampled_from([0, 1, 40])), min_size=1, max_size=4))
def test_many_at_once_are_each_alone_from_any_start(matrices):
    wins = np.stack(matrices) * (1 - np.eye(4))
    together = fit_many(wins, start=np.array([9.0, -9.0, 3.0, -3.0]))
    assert together == pytest.approx(np.stack([fit_bradley_terry(w) for w in wins]), abs=1e-6)


@pytest.mark.parametrize(
    "wins", [np.zeros((2, 3)), np.eye(2), -np.ones((2, 2)), np.full((2, 2), np.nan), np.zeros((0, 0))]
)
def test_what_is_no_win_matrix_is_refused(wins):
    with pytest.raises(InvalidWinsError):
        fit_bradley_terry(wins)
