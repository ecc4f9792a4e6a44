import evalica
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from stats.strengths.bradley_terry import InvalidWinsError, fit_bradley_terry
from stats.strengths.davidson import fit_davidson, fit_davidson_many
from tests.stats.simulate import simulated

# Davidson (1970), table 1: six brands of pudding; pair, wins of the first, wins of the second, ties.
PUDDING = [
    (1, 2, 19, 22, 16),
    (1, 3, 16, 19, 12),
    (2, 3, 19, 19, 10),
    (1, 4, 18, 23, 13),
    (2, 4, 23, 19, 9),
    (3, 4, 19, 20, 15),
    (1, 5, 13, 19, 18),
    (2, 5, 16, 20, 12),
    (3, 5, 16, 15, 17),
    (4, 5, 17, 14, 16),
    (1, 6, 18, 21, 12),
    (2, 6, 22, 20, 12),
    (3, 6, 13, 18, 10),
    (4, 6, 14, 19, 18),
    (5, 6, 11, 21, 12),
]


def test_davidsons_puddings():
    # The worths, with sum 1, and nu as the R package PlackettLuce prints them for the same table.
    wins, ties = np.zeros((2, 6, 6))
    for first, second, won, lost, tied in PUDDING:
        wins[first - 1, second - 1], wins[second - 1, first - 1] = won, lost
        ties[first - 1, second - 1] = ties[second - 1, first - 1] = tied
    strengths, tie = fit_davidson(wins, ties)
    worths = np.exp(strengths) / np.exp(strengths).sum()
    assert worths == pytest.approx([0.1388, 0.1730, 0.1617, 0.1654, 0.1587, 0.2024], abs=2e-4)
    assert np.exp(tie) == pytest.approx(0.7468, abs=5e-4)


def symmetric(matrix):
    upper = np.triu(matrix, 1)
    return upper + upper.T


@st.composite
def counts(draw, n=4):
    wins, ties = (
        draw(arrays(np.float64, (n, n), elements=st.sampled_from([0, 0.5, 1, 7, 300]))) * (1 - np.eye(n)) for _ in "wt"
    )
    return wins, symmetric(ties)


def test_two_systems_by_hand():
    # 40 wins, 10 losses, 50 ties. The model is saturated: odds 40 : 10 : 50 = exp(d/2) : exp(-d/2) : nu, so that
    # d = log 4 = 1.386 and nu = 50 / sqrt(40 * 10) = 2.5. The prior moves both by less than a hundredth.
    strengths, tie = fit_davidson(np.array([[0, 40.0], [10.0, 0]]), np.array([[0, 50.0], [50.0, 0]]))
    assert strengths[0] - strengths[1] == pytest.approx(np.log(4), abs=0.01)
    assert np.exp(tie) == pytest.approx(2.5, abs=0.01)


def test_it_is_the_maximum_of_the_written_out_likelihood():
    sample = simulated(1, n_votes=600, n_systems=5, ties=0.3)
    wins, ties = sample.decided_wins(), sample.ties()

    def loss(at):
        s, nu = np.exp(at[:-1]), np.exp(at[-1])
        root = np.sqrt(np.outer(s, s))
        total = s[:, None] + s[None, :] + nu * root
        likelihood = (wins * np.log(s[:, None] / total)).sum() + (ties * np.log(nu * root / total)).sum() / 2
        return 0.005 * (at**2).sum() - likelihood

    found = minimize(loss, np.zeros(6), method="BFGS").x
    strengths, tie = fit_davidson(wins, ties)
    assert strengths == pytest.approx(found[:-1], abs=1e-3)
    assert tie == pytest.approx(found[-1], abs=1e-3)


def test_fifty_thousand_votes_give_what_evalica_gives_for_newmans_form():
    # Newman (2023) writes the tie term with 2v where Davidson has nu.
    sample = simulated(2, n_votes=50_000, n_systems=8, ties=0.25)
    winners = [
        [evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.Draw][i] for i in sample.outcome
    ]
    theirs = evalica.newman(sample.system_a.tolist(), sample.system_b.tolist(), winners, tolerance=1e-12, limit=10_000)
    scores = np.log(theirs.scores.sort_index().to_numpy())
    strengths, tie = fit_davidson(sample.decided_wins(), sample.ties())
    assert strengths == pytest.approx(scores - scores.mean(), abs=2e-3)
    assert np.exp(tie) == pytest.approx(2 * theirs.v, abs=2e-3)


def test_known_strengths_are_found_again():
    true, nu = np.array([1.0, 0.3, -1.3]), 0.8
    s = np.exp(true)
    root = np.sqrt(np.outer(s, s))
    total = s[:, None] + s[None, :] + nu * root
    wins, ties = 1e6 * s[:, None] / total, 1e6 * nu * root / total
    strengths, tie = fit_davidson(wins * (1 - np.eye(3)), ties * (1 - np.eye(3)))
    assert strengths == pytest.approx(true, abs=1e-6)
    assert np.exp(tie) == pytest.approx(nu, abs=1e-6)


def test_without_ties_the_strengths_are_bradley_terrys():
    wins = simulated(3, n_votes=5000, n_systems=4, ties=0).wins()
    assert fit_davidson(wins, np.zeros((4, 4)))[0] == pytest.approx(fit_bradley_terry(wins), abs=0.01)


@settings(max_examples=40)
@given(counts(), st.randoms(use_true_random=False))
def test_any_counts_have_finite_strengths_and_names_do_not_matter(both, random):
    wins, ties = both
    order = list(range(4))
    random.shuffle(order)
    square = np.ix_(order, order)
    strengths, tie = fit_davidson(wins, ties)
    again, tie_again = fit_davidson(wins[square], ties[square])
    assert np.isfinite([*strengths, tie]).all()
    assert again == pytest.approx(strengths[order], abs=1e-5)
    assert tie_again == pytest.approx(tie, abs=1e-5)


def test_many_at_once_are_each_alone():
    samples = [simulated(i, n_votes=80, n_systems=4, ties=0.3) for i in range(5)]
    wins, ties = np.stack([s.decided_wins() for s in samples]), np.stack([s.ties() for s in samples])
    strengths, tie = fit_davidson_many(wins, ties)
    for i in range(5):
        alone = fit_davidson(wins[i], ties[i])
        assert strengths[i] == pytest.approx(alone[0], abs=1e-7)
        assert tie[i] == pytest.approx(alone[1], abs=1e-7)


def test_ties_of_one_side_only_are_refused():
    with pytest.raises(InvalidWinsError):
        fit_davidson(np.zeros((2, 2)), np.array([[0, 1.0], [0, 0]]))
