import numpy as np
import pytest

from benchmarks.judges.draw import JudgeDesign, draw_study
from benchmarks.judges.helping import DEFAULT, VOTED_DOCUMENTS, arrays, helped, helping
from stats.judges.arrays import Items, PeopleVotes, answers
from stats.judges.helped import helped_ratings, powered
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import precision
from stats.votes.arrays import InvalidVotesError, VoteArrays
from tests.stats.judges.second.full_root import full_root
from tests.stats.ratings.powered_mean import powered_mean
from tests.stats.simulate import A, B


def study(seed, **changes):
    """Items, votes on a quarter of the documents, and the judge's shares."""
    drawn = draw_study(
        JudgeDesign(**{"documents": 240, "people": 8, "per_document": 2, **changes}), np.random.default_rng(seed)
    )
    some = drawn.votes.take(drawn.items.document[drawn.votes.item] < VOTED_DOCUMENTS)
    return drawn.items, some, answers(drawn.verdicts, len(drawn.items)).share


def test_two_systems_with_a_vote_on_each_document_are_a_mean():
    rng = np.random.default_rng(10)
    latent = rng.normal(size=1200)
    label, told = (latent + rng.normal(0, 0.5, 1200) > 0).astype(float), 1 / (1 + np.exp(-2 * latent))
    n, zeros = 300, np.zeros(1200, dtype=int)
    items = Items(zeros, zeros + 1, np.arange(1200))
    first = np.arange(n)
    votes = VoteArrays(zeros[:n], zeros[:n] + 1, np.where(label[:n] == 1, A, B), first, zeros[:n], 2)
    found = powered(votes, first, items, told)
    mean = powered_mean(label[:n], told[:n], told[n:])
    assert found.tuning[0] * 900 / 1200 == pytest.approx(mean.tuning, rel=0.02)
    step = (mean.value - mean.classical) / (mean.classical * (1 - mean.classical))
    moved = found.strengths - found.classical
    assert moved[0] - moved[1] == pytest.approx(step, rel=0.03)
    assert found.effective == pytest.approx(mean.effective, rel=0.03)


def test_alone_is_the_board():
    items, votes, share = study(1)
    found = helped(items, votes, share[:, np.newaxis])
    board = arrays(items, votes)
    strengths = fit_bradley_terry(board.wins())
    assert found.classical == pytest.approx(strengths)
    assert found.alone.variance == pytest.approx(precision(board, strengths).variance)
    assert found.alone.freedom == pytest.approx(precision(board, strengths).freedom)


def test_the_step_is_near_the_root_of_the_whole_equation():
    items, votes, share = study(2, accuracy=0.9)
    board = arrays(items, votes)
    predicted = 0.15 + 0.7 * share
    found = powered(board, votes.item, items, predicted)
    moved = np.abs(found.moved - found.classical).max()
    assert moved > 0.02
    root = full_root(board, votes.item, items, predicted, found.tuning[0])
    assert found.moved == pytest.approx(root - root.mean(), abs=0.1 * moved)


@pytest.mark.simulation
def test_the_variance_is_that_of_resampled_documents():
    # One person, so that documents are all that is sampled: 300 resamples of documents with their votes and items.
    rng = np.random.default_rng(4)
    drawn = draw_study(JudgeDesign(documents=160, people=1, per_document=1, accuracy=0.95, systems=3), rng)
    items, share = drawn.items, 0.1 + 0.8 * answers(drawn.verdicts, len(drawn.items)).share
    votes = drawn.votes.take(items.document[drawn.votes.item] < 60)
    found = powered(arrays(items, votes), votes.item, items, share)
    roots, per = [], 3
    for _ in range(300):
        chosen = np.concatenate([rng.integers(60, size=60), rng.integers(60, 160, size=100)])
        index = (chosen[:, np.newaxis] * per + np.arange(per)).ravel()
        again = Items(items.system_a[index], items.system_b[index], np.repeat(np.arange(160), per))
        outcome = np.full(len(items), -1)
        outcome[votes.item] = votes.outcome
        voted = PeopleVotes(np.arange(60 * per), np.zeros(60 * per, dtype=int), outcome[index[: 60 * per]])
        root = full_root(arrays(again, voted), voted.item, again, share[index], found.tuning[0])
        roots.append(root - root.mean())
    assert np.diag(found.precision.variance) == pytest.approx(np.var(roots, axis=0), rel=0.3)
    assert np.diag(found.precision.variance).sum() < 0.9 * np.diag(found.alone.variance).sum()


def test_never_wider_and_narrower_with_a_good_judge():
    for seed, accuracy in enumerate((0.5, 0.6, 0.8, 0.97)):
        items, votes, share = study(seed, accuracy=accuracy)
        found = helped(items, votes, share[:, np.newaxis])
        before = found.classical_upper - found.classical_lower
        assert (found.upper - found.lower <= before + 1e-9).all()
        assert (found.effective >= len(votes)).all()
        assert ((found.tuning >= 0) & (found.tuning <= 2)).all()
        if accuracy > 0.9:
            assert (found.effective > 1.3 * len(votes)).all()
            assert found.strengths.sum() == pytest.approx(0, abs=1e-9)


def test_votes_on_everything_are_not_helped():
    drawn = draw_study(JudgeDesign(documents=40, per_document=1, accuracy=0.95), np.random.default_rng(5))
    share = answers(drawn.verdicts, len(drawn.items)).share
    found = helped(drawn.items, drawn.votes, share[:, np.newaxis])
    assert found.effective == pytest.approx(len(drawn.votes), rel=1e-6)


def test_which_side_is_a_means_nothing():
    items, votes, share = study(6)
    found = helped(items, votes, share[:, np.newaxis])
    turned = Items(items.system_b, items.system_a, items.document)
    board = arrays(items, votes)
    again = helped_ratings(board, votes.item, turned, 1 - 2 * share[:, np.newaxis], seed=1)
    assert again.strengths == pytest.approx(found.strengths)
    assert again.effective == pytest.approx(found.effective)


def test_strata_with_a_good_and_a_bad_judge_weigh_apart():
    items, votes, share = study(7, accuracy=0.97)
    stratum = items.document % 2
    rng = np.random.default_rng(7)
    mixed = np.where(stratum == 1, rng.random(len(items)), 0.1 + 0.8 * share)
    board = arrays(items, votes)
    whole = powered(board, votes.item, items, mixed)
    apart = powered(board, votes.item, items, mixed, strata=stratum)
    assert apart.tuning[0] > apart.tuning[1] + 0.3
    assert apart.effective.mean() > whole.effective.mean()
    # Strata that say nothing are not used.
    assert len(powered(board, votes.item, items, 0.1 + 0.8 * share, strata=stratum).tuning) == 1


def test_weights_are_chances():
    # A document drawn twice as often weighs half: the strengths are those of all votes.
    items, votes, share = study(8)
    weight = np.where(items.document[votes.item] % 2 == 0, 0.5, 1.0)
    found = helped(items, votes, share[:, np.newaxis], weight)
    board = arrays(items, votes, weight / weight.mean())
    assert found.classical == pytest.approx(fit_bradley_terry(board.wins()))


def test_what_does_not_fit_is_refused():
    items, votes, share = study(9)
    board = arrays(items, votes)
    for item, x in (
        (votes.item[1:], share[:, np.newaxis]),
        (votes.item, share),
        (votes.item[::-1], share[:, np.newaxis]),
    ):
        with pytest.raises(InvalidVotesError):
            helped_ratings(board, item, items, x, seed=1)
    one = votes.take(items.document[votes.item] == 0)
    with pytest.raises(InvalidVotesError, match="two documents"):
        helped_ratings(arrays(items, one), one.item, items, share[:, np.newaxis], seed=1)


@pytest.mark.simulation
@pytest.mark.parametrize(
    ("changes", "judges"),
    [({"accuracy": 0.9}, 1), ({"first": 0.3}, 1), ({"longer": 0.3, "skill": 0.8, "ease": 1.0}, 1), ({}, 4)],
)
def test_helped_intervals_keep_covering(changes, judges):
    # 60 studies of ten strengths and differences, which go together: a share below 90 % in fewer than one of 1,000.
    found = helping(JudgeDesign(**{**vars(DEFAULT), **changes}), 60, seed=3, judges=judges)
    assert found.covers.min() > 0.9
    assert found.wider <= 1.01
    if changes.get("accuracy", 0) > 0.85:
        assert found.gain[0] > 1.25
