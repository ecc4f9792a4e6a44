import evalica
import numpy as np
import pytest

from stats.strengths.bradley_terry import fit_bradley_terry
from tests.stats.simulate import TIE, A, simulated, votes
from tests.stats.strengths.elo import elo


def test_elo_by_hand():
    # 1000 against 1000, K = 32: the winner takes 16. Then the tie at 1016 : 984: expected 1/(1+10^(-32/400)) = 0.54592,
    # so the leader loses 32 * 0.04592 = 1.4695.
    ratings = elo(votes([(0, 1, A), (0, 1, TIE)], 3), k=32)
    assert ratings[:2] == pytest.approx([1016 - 1.4695, 984 + 1.4695], abs=1e-3)
    assert np.isnan(ratings[2])


def test_elo_is_evalicas_and_depends_on_the_order():
    sample = simulated(9, n_votes=500, n_systems=4)
    winners = [
        [evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.Draw][i] for i in sample.outcome
    ]
    theirs = evalica.elo(
        sample.system_a.tolist(), sample.system_b.tolist(), winners, initial=1000, base=10, scale=400, k=4
    )
    assert elo(sample) == pytest.approx(theirs.scores.sort_index().to_numpy(), abs=1e-6)
    assert elo(sample) != pytest.approx(elo(sample.take(np.arange(500)[::-1])), abs=1e-6)


def test_a_board_does_not_depend_on_the_order_of_the_votes():
    sample = simulated(9, n_votes=500, n_systems=4)
    backwards = sample.take(np.arange(500)[::-1])
    assert fit_bradley_terry(sample.wins()).tolist() == fit_bradley_terry(backwards.wins()).tolist()
