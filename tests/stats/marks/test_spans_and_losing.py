"""Agreement on marked words, and errors against votes, each beside a second way to compute it."""

import numpy as np
import pytest

from stats.judges.jury import JuryRows
from stats.marks.losing import NEVER_MARKED, ONE_DOCUMENT, losing
from stats.marks.spans import NO_PAIRS, NOBODY_MARKED, Overlaps, characters, span_f1
from stats.votes.arrays import InvalidVotesError


def overlaps(both, each, document=None, first=None, second=None):
    n = len(both)
    return Overlaps(
        np.array(both, float), np.array(each, float),
        np.arange(n) if document is None else np.array(document),
        np.zeros(n, int) if first is None else np.array(first),
        np.ones(n, int) if second is None else np.array(second),
    )  # fmt: skip


def test_characters_of_spans_count_once():
    assert characters([(0, 3), (2, 5)]) == {0, 1, 2, 3, 4}
    assert characters([]) == set()


def test_f1_is_twice_the_shared_over_all_that_was_marked():
    # Ana marks 0-10, ben 5-15: 5 of 10 each. In the second summary both mark the same 10.
    found = span_f1(overlaps([5, 10], [20, 20]))
    assert found.value == pytest.approx(0.75)
    precision, recall = 15 / 20, 15 / 20
    assert found.value == pytest.approx(2 * precision * recall / (precision + recall))
    assert 0 < found.lower < 0.75 < found.upper < 1


def test_summaries_that_nobody_marked_add_nothing():
    assert span_f1(overlaps([5, 10, 0], [20, 20, 0])).value == span_f1(overlaps([5, 10], [20, 20])).value
    assert span_f1(overlaps([0], [0])).reason == NOBODY_MARKED
    assert span_f1(overlaps([], [])).reason == NO_PAIRS
    with pytest.raises(InvalidVotesError, match="more characters"):
        overlaps([11], [20])


@pytest.mark.simulation
def test_the_interval_of_f1_holds_the_truth():
    """500 studies of 20 documents and 5 readers: documents differ in how far two readers share what they mark."""
    rng, held = np.random.default_rng(3), []
    pairs = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    for _ in range(500):
        of_document = rng.beta(4, 4, 20)
        rows = [(d, i, j, rng.binomial(40, of_document[d])) for d in range(20) for i, j in pairs]
        document, first, second, both = (np.array(column) for column in zip(*rows, strict=True))
        found = span_f1(Overlaps(both.astype(float), np.full(len(both), 80.0), document, first, second))
        held.append(found.lower <= 0.5 <= found.upper)
    assert 0.90 <= np.mean(held) <= 0.99, np.mean(held)


def told(rng, *, documents=40, voters=5, effect=(1.0, 0.0), voter_spread=0.3):
    """Votes that go against the side with more errors of the first kind; the second kind does not matter."""
    document, voter = (part.ravel() for part in np.meshgrid(np.arange(documents), np.arange(voters), indexing="ij"))
    x = (rng.poisson(1, (len(document), 2)) - rng.poisson(1, (len(document), 2))).astype(float)
    own = 1 + rng.normal(0, voter_spread, voters)[voter]
    chance = 1 / (1 + np.exp(own * (x @ np.array(effect))))
    share = (rng.random(len(document)) < chance).astype(float)
    return JuryRows(x, share, np.ones(len(document)), document, voter)


def test_errors_that_lose_have_odds_above_zero_and_others_do_not():
    found = losing(told(np.random.default_rng(1), documents=120), seed=2)
    first, second = found.odds
    assert first.lower > 0.5
    assert second.lower < 0 < second.upper
    assert found.foretold.lower > 0.6


def test_the_odds_are_those_of_a_logistic_regression():
    """Against scipy's minimiser of the same likelihood, without the small penalty."""
    from scipy.optimize import minimize

    votes = told(np.random.default_rng(5), documents=400)

    def loss(at):
        z = votes.x @ at
        return float(np.logaddexp(0, -z) @ votes.share + np.logaddexp(0, z) @ (1 - votes.share))

    expected = -minimize(loss, np.zeros(2)).x
    assert [figure.value for figure in losing(votes, seed=1).odds] == pytest.approx(expected, abs=0.02)


def test_kinds_that_were_never_marked_and_too_few_votes_say_so():
    rng = np.random.default_rng(6)
    votes = told(rng)
    x = np.column_stack([votes.x[:, 0], np.zeros(len(votes.x))])
    found = losing(JuryRows(x, votes.share, votes.weight, votes.document, votes.annotator), seed=1)
    assert found.odds[1].reason == NEVER_MARKED
    assert found.odds[0].value is not None
    alone = losing(votes.take(votes.document == 0), seed=1)
    assert {figure.reason for figure in (*alone.odds, alone.foretold)} == {ONE_DOCUMENT}


def test_chance_is_not_foretold():
    rng = np.random.default_rng(8)
    found = losing(told(rng, documents=120, effect=(0.0, 0.0)), seed=3)
    assert found.foretold.lower < 0.5 < found.foretold.upper
