"""How well values of sentences find marked ones, beside a second way to compute it."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.marks.seeing import DESIGNS, draw_marked
from stats.judges.clustered import Figure
from stats.marks.seeing import ALL_MARKED, NOTHING_MARKED, NOTHING_READ, Suspicions, seen
from stats.votes.arrays import InvalidVotesError
from tests.stats.marks.second_seeing import auc_by_pairs, precision_by_orders, spread_by_drawing


def parts(suspicion, marked, document=None, annotator=None):
    n = len(suspicion)
    return Suspicions(
        np.array(suspicion, float),
        np.array(marked, bool),
        np.arange(n) if document is None else np.array(document),
        np.zeros(n, int) if annotator is None else np.array(annotator),
    )


def drawn(rng, *, documents=30, sentences=12, readers=3, steps=None):
    """Sentences of documents that differ, marked by readers where they are bad; some values are ties."""
    document = np.tile(np.repeat(np.arange(documents), sentences), readers)
    bad = np.tile(rng.normal(size=documents * sentences), readers) + rng.normal(0, 0.6, documents)[document]
    marked = bad + rng.normal(0, 0.7, len(bad)) > 1.0
    suspicion = bad + np.tile(rng.normal(size=documents * sentences), readers)
    suspicion = suspicion if steps is None else np.round(suspicion * steps)
    return Suspicions(suspicion, marked, document, np.repeat(np.arange(readers), documents * sentences))


def test_worked_by_hand():
    # Marked: 5 and 2. Of their six pairs with 4, 2 and 1, five and a half halves are right: 3 + 1.5 of 6.
    found = seen(parts([5, 4, 2, 2, 1], [True, False, True, False, False]))
    assert found.auc.value == pytest.approx(4.5 / 6)
    # The two worst are 5 and 4, of which one is marked.
    assert found.precision.value == pytest.approx(1 / 2)
    assert (found.share, found.marked) == (pytest.approx(2 / 5), 2)
    # Three marked: 5, 4, and one of the two ties at 2, half of which is marked.
    assert seen(parts([5, 4, 2, 2, 1], [True, False, True, False, True])).precision.value == pytest.approx(1.5 / 3)


@pytest.mark.parametrize("steps", [None, 1, 3])
def test_as_pairs_and_orders_say(steps):
    rng = np.random.default_rng(5)
    made = drawn(rng, documents=6, steps=steps)
    found = seen(made)
    assert found.auc.value == pytest.approx(auc_by_pairs(made.suspicion, made.marked))
    assert found.precision.value == pytest.approx(precision_by_orders(made.suspicion, made.marked, rng), abs=0.01)


@pytest.mark.parametrize("steps", [None, 1])
def test_intervals_are_as_wide_as_drawing_documents_says(steps):
    rng = np.random.default_rng(6)
    made = drawn(rng, documents=60, readers=1, steps=steps)

    def again(name):
        return lambda s, m: getattr(seen(parts(s, m)), name).value

    for name in ("auc", "precision"):
        figure: Figure = getattr(seen(made), name)
        drawn_again = spread_by_drawing(again(name), made.suspicion, made.marked, made.document, rng)
        # Halfwidth over t is the standard error, but for Wilson's pull to the middle.
        assert (figure.upper - figure.lower) / 4 == pytest.approx(drawn_again, rel=0.3), name


def test_the_worst_first_is_found_and_the_reverse_is_its_complement():
    made = drawn(np.random.default_rng(7))
    found = seen(made)
    turned = seen(Suspicions(-made.suspicion, made.marked, made.document, made.annotator))
    assert found.auc.value + turned.auc.value == pytest.approx(1)
    assert (found.auc.lower, found.auc.upper) == (
        pytest.approx(1 - turned.auc.upper),
        pytest.approx(1 - turned.auc.lower),
    )
    assert found.auc.lower > 0.5
    assert turned.auc.upper < 0.5
    assert found.precision.value > found.share > turned.precision.value
    whatever = seen(Suspicions(np.zeros(len(made)), made.marked, made.document, made.annotator))
    assert whatever.auc.value == 0.5
    assert whatever.precision.value == pytest.approx(made.marked.mean())


def test_only_order_counts():
    made = drawn(np.random.default_rng(8))
    other = Suspicions(np.exp(made.suspicion), made.marked, made.document, made.annotator)
    assert seen(made).auc == seen(other).auc
    assert seen(made).precision == seen(other).precision


def test_too_few_says_so():
    made = drawn(np.random.default_rng(9))
    assert seen(made).auc.reason == ""
    alone = made.take(made.annotator == 0)
    assert seen(alone).auc.reason == "too few to say: 1 annotator of at least 3"
    assert seen(alone).auc.lower is not None
    few = made.take(~made.marked | (np.cumsum(made.marked) <= 4))
    assert seen(few).auc.reason == "too few to say: 4 marked of at least 10"
    one = made.take(made.document == 0)
    assert (seen(one).auc.lower, seen(one).auc.reason[:24]) == (None, "too few to say: all of t")


def test_undefined_has_a_reason():
    assert seen(parts([], [])).auc == Figure.undefined(NOTHING_READ)
    assert seen(parts([1, 2], [False, False])).auc.reason == NOTHING_MARKED
    assert seen(parts([1, 2], [True, True])).precision.reason == ALL_MARKED
    assert seen(parts([], [])).share is None
    with pytest.raises(InvalidVotesError, match="one shape"):
        parts([1, 2], [True])
    with pytest.raises(InvalidVotesError, match="without a value"):
        parts([1, np.nan], [True, False])


def test_perfect_values_keep_an_interval():
    found = seen(parts(np.arange(40), np.arange(40) >= 20, np.arange(40) % 8, np.arange(40) % 3)).auc
    assert found.value == found.upper == 1
    assert found.lower < 0.9


@pytest.mark.simulation
def test_intervals_hold_the_truth_where_those_of_independent_sentences_do_not():
    """200 studies of 20 documents that differ much, in what is bad and in the metric, with three readers of each."""
    design = replace(DESIGNS[0], documents=20, of_document=1.2, leniency=0.0)
    rng, systems = np.random.default_rng(11), np.zeros(design.systems)
    large = [seen(draw_marked(replace(design, documents=800), systems, rng).parts) for _ in range(3)]
    held, naive = [], []
    for _ in range(200):
        made = draw_marked(design, systems, rng).parts
        by_itself = Suspicions(made.suspicion, made.marked, np.arange(len(made)), made.annotator)
        for found, rows in ((seen(made), held), (seen(by_itself), naive)):
            rows.append([_holds(found, large, name) for name in ("auc", "precision")])
    assert (np.mean(held, axis=0) > 0.88).all(), np.mean(held, axis=0)
    assert (np.mean(naive, axis=0) < 0.85).any(), np.mean(naive, axis=0)


def _holds(found, large, name):
    truth = np.mean([getattr(one, name).value for one in large])
    return getattr(found, name).lower <= truth <= getattr(found, name).upper
