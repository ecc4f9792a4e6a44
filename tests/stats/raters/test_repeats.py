import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from stats.raters.repeats import self_agreement
from stats.votes.arrays import InvalidVotesError
from tests.stats.raters.simulate import TIE, A, B, codes


def test_shares_by_hand():
    found = self_agreement(codes([4, 4, 4, 9]), codes([A, B, TIE, A]), codes([A, A, TIE, A]))
    assert {who: (share.hits, share.n) for who, share in found.by_annotator.items()} == {4: (2, 3), 9: (1, 1)}
    assert (found.overall.hits, found.overall.n) == (3, 4)


def test_the_interval_of_one_annotator_is_wilsons():
    first, again = codes([A] * 20), codes([A] * 14 + [B] * 6)
    share = self_agreement(codes([3] * 20), first, again).by_annotator[3]
    assert (share.lower, share.upper) == pytest.approx(proportion_confint(14, 20, method="wilson"))


@pytest.mark.simulation
def test_the_interval_over_annotators_covers_the_truth():
    # Twelve people who agree with themselves in 60 to 90 %: on the average in 75 %.
    rng, covered = np.random.default_rng(1), []
    for _ in range(400):
        own = rng.uniform(0.6, 0.9, 12)
        who = np.repeat(np.arange(12), 15)
        again = np.where(rng.random(180) < own[who], A, B).astype(np.int64)
        share = self_agreement(who, codes([A] * 180), again).overall
        covered.append(share.lower <= 0.75 <= share.upper)
    assert np.mean(covered) >= 0.92


def test_nobody_rated_twice():
    found = self_agreement(codes([]), codes([]), codes([]))
    assert (found.overall.value, found.by_annotator) == (None, {})


def test_unknown_answers_are_refused():
    with pytest.raises(InvalidVotesError):
        self_agreement(codes([0]), codes([0]), codes([4]))
