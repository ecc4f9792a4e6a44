import numpy as np
import pytest

from benchmarks.judges.draw import JudgeDesign, draw_study
from stats.judges.jury import JuryRows, cross_fitted, fit_jury
from stats.metrics.metric_model import cross_predict, fit_logistic
from stats.votes.arrays import A_SHARE, InvalidVotesError


def columns(seed, *accuracies, documents=80):
    """Votes, and a column of 1, 0, -1 for each judge."""
    rng = np.random.default_rng(seed)
    drawn = draw_study(JudgeDesign(documents=documents), rng)
    items, votes = drawn.items, drawn.votes
    told = []
    for accuracy in accuracies:
        right = rng.random(len(items)) < accuracy
        told.append(np.where(right, 1, -1) * np.where(drawn.better == 0, 1, -1))
    return items, votes, np.array(told, dtype=float).T


def fitted(items, votes, x, **options):
    item = votes.item
    share, weight = A_SHARE[votes.outcome], np.ones(len(votes))
    return fit_jury(JuryRows(x[item], share, weight, items.document[item], votes.annotator), **options)


def test_a_bad_judge_counts_for_nothing_and_a_better_one_for_more():
    heard = np.array([fitted(*columns(seed, 0.9, 0.8, 0.5)).heard for seed in range(20)])
    assert heard[:, 0].all()
    assert heard[:, 1].sum() >= 18
    # A coin is heard once in 20; Binomial(20, 0.05) exceeds 4 once in 400.
    assert heard[:, 2].sum() <= 4
    jury = fitted(*columns(0, 0.9, 0.8, 0.5))
    assert jury.discrimination[0].value > jury.discrimination[1].value > 0
    assert jury.discrimination[1].lower > 0
    assert jury.discrimination[2].reason.startswith("left out")


def test_a_judge_that_says_the_opposite_is_left_out_but_a_metric_stays():
    items, votes, x = columns(2, 0.85, 0.2)
    assert fitted(items, votes, x).heard.tolist() == [True, False]
    both = fitted(items, votes, x, judges=np.array([True, False]))
    assert both.heard.all()
    assert both.weight[1] < 0


def test_the_weight_is_that_of_the_logistic_model():
    items, votes, x = columns(3, 0.9, 0.8)
    item = votes.item
    at = fit_logistic(x[item], A_SHARE[votes.outcome], np.ones(len(item)))
    assert fitted(items, votes, x).weight == pytest.approx(at)


def test_a_judge_without_verdicts_is_left_out():
    items, votes, x = columns(4, 0.9)
    jury = fitted(items, votes, np.column_stack([x, np.zeros(len(x))]))
    assert jury.heard.tolist() == [True, False]
    assert not fitted(items, votes, np.zeros((len(items), 2))).heard.any()


def test_predictions_are_those_of_the_metric_model_where_all_are_heard():
    # Metrics are never left out, so the jury is the model that metrics have; only the deal of documents is the same.
    items, votes, x = columns(5, 0.9, 0.8)
    some = votes.take(items.document[votes.item] < 40)
    item = some.item
    share, weight, document = A_SHARE[some.outcome], np.ones(len(item)), items.document[item]
    no_judges = np.zeros(2, dtype=bool)
    told = JuryRows(x[item], share, weight, document, some.annotator)
    found = cross_fitted(told, x, items.document, seed=3, judges=no_judges)
    beyond = items.document >= 40
    of_votes, of_others = cross_predict(x[item], share, weight, document, x[beyond], seed=3)
    assert found[item] == pytest.approx(of_votes, abs=0.02)
    assert found[beyond] == pytest.approx(of_others, abs=0.02)


def test_a_vote_has_no_part_in_its_own_prediction():
    items, votes, x = columns(6, 0.8, documents=30)
    item = votes.item

    def predicted(share):
        weight = np.ones(len(item))
        told = JuryRows(x[item], share, weight, items.document[item], votes.annotator)
        return cross_fitted(told, x, items.document, seed=1)

    share = A_SHARE[votes.outcome]
    turned = np.where(items.document[item] == 7, 1 - share, share)
    of_seven = items.document == 7
    assert (predicted(share)[of_seven] == predicted(turned)[of_seven]).all()
    assert (predicted(share)[~of_seven] != predicted(turned)[~of_seven]).any()


def test_too_little_is_refused():
    with pytest.raises(InvalidVotesError):
        JuryRows(np.zeros((3, 1)), *np.zeros((2, 3)), *np.zeros((2, 2), dtype=int))
    one = np.zeros(2, dtype=int)
    with pytest.raises(InvalidVotesError):
        cross_fitted(JuryRows(np.ones((2, 1)), np.ones(2), np.ones(2), one, one), np.ones((2, 1)), one, seed=1)
