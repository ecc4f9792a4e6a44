import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.decisions.fragility import fewest_votes, leave_one_annotator_out, leave_one_document_out, top
from stats.strengths.bradley_terry import fit_bradley_terry
from tests.stats.simulate import A, B, simulated, votes


def without(sample, removed):
    kept = np.ones(len(sample), dtype=bool)
    kept[removed] = False
    return fit_bradley_terry(sample.take(kept).wins())


def test_two_systems_by_hand():
    # 12 to 10: without two of the wins they are level, without three the other leads.
    sample = votes([(0, 1, A)] * 12 + [(0, 1, B)] * 10, 2)
    found = fewest_votes(sample, most=0.5)
    assert len(found.votes) == 3
    assert (found.votes < 12).all()
    assert (found.down, found.up) == (0, 1)
    assert found.share == pytest.approx(3 / 22)


def test_none_where_it_takes_more_than_allowed():
    assert fewest_votes(votes([(0, 1, A)] * 30 + [(0, 1, B)] * 5, 2), most=0.1) is None


@pytest.mark.parametrize("k", [1, 2])
def test_few_votes_in_a_close_race_and_a_refit_confirms(k):
    sample = simulated(1, n_votes=3000, n_systems=5, strengths=[0.52, 0.5, 0.45, -0.5, -1])
    found = fewest_votes(sample, k=k)
    before, after = fit_bradley_terry(sample.wins()), without(sample, found.votes)
    assert set(top(after, k)) != set(top(before, k))
    assert found.down in top(before, k)
    assert found.up not in top(before, k)
    assert after[found.up] > after[found.down]


def test_it_is_as_few_as_trying_every_set_finds():
    # Small enough to try all sets of one and of two votes.
    sample = simulated(3, n_votes=24, n_systems=3, strengths=[0.4, 0.3, -0.7], ties=0)
    leader = top(fit_bradley_terry(sample.wins()), 1)[0]

    def turns(removed):
        return top(without(sample, removed), 1)[0] != leader

    found = fewest_votes(sample, most=1.0)
    singles = [[i] for i in range(24)]
    doubles = [[i, j] for i in range(24) for j in range(i)]
    smallest = next((len(s) for s in [*singles, *doubles] if turns(s)), 3)
    assert turns(found.votes)
    assert len(found.votes) == smallest


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_whatever_is_found_turns_the_two_around(seed):
    sample = simulated(seed, n_votes=60, n_systems=4, strengths=[0.3, 0.2, 0, -0.2])
    found = fewest_votes(sample, most=0.5)
    if found is not None:
        after = without(sample, found.votes)
        assert after[found.up] > after[found.down]
        assert len(set(found.votes.tolist())) == len(found.votes) <= 30


def test_the_one_annotator_who_decides_is_found():
    # Annotators 0 to 3: 6 to 4 for system 1; annotator 4: 20 to 0 for system 0.
    rows = [(0, 1, A if i < 4 else B, i, annotator) for annotator in range(4) for i in range(10)]
    rows += [(0, 1, A, i % 10, 4) for i in range(20)]
    sample = votes(rows, 2)
    found = leave_one_annotator_out(sample)
    assert found.changes.tolist() == [4]
    assert found.undecided.tolist() == []
    # Documents 0 to 3 are all for system 0; none of them decides alone, as annotator 4 is in all.
    assert leave_one_document_out(sample).changes.tolist() == []


def test_ranges_are_those_of_refits_one_by_one():
    sample = simulated(4, n_votes=400, n_systems=4, n_documents=9, n_annotators=6)
    for found, index in (
        (leave_one_annotator_out(sample), sample.annotator),
        (leave_one_document_out(sample), sample.document),
    ):
        refits = np.stack([fit_bradley_terry(sample.take(index != unit).wins()) for unit in range(index.max() + 1)])
        assert found.lower == pytest.approx(refits.min(axis=0), abs=1e-5)
        assert found.upper == pytest.approx(refits.max(axis=0), abs=1e-5)


def test_a_unit_that_holds_the_votes_together_is_undecided():
    sample = votes([(0, 1, A, 0, 0), (1, 0, A, 1, 0), (1, 2, A, 2, 1)], 3)
    found = leave_one_annotator_out(sample)
    assert found.undecided.tolist() == [0, 1]
    assert np.isnan(leave_one_annotator_out(votes([(0, 1, A, 0, 0)], 2)).lower).all()


def test_only_the_units_asked_for_are_left_out_and_other_tops_need_no_new_fit():
    sample = simulated(5, n_votes=120, n_systems=4, strengths=[0.1, 0.05, 0, -0.1], n_documents=9, n_annotators=6)
    every, some = leave_one_document_out(sample), leave_one_document_out(sample, chosen=np.array([7, 2]))
    assert some.units.tolist() == [7, 2]
    assert some.without == pytest.approx(every.without[[7, 2]])
    for k in (1, 2, 3):
        assert every.changes_of(k).tolist() == leave_one_document_out(sample, k=k).changes.tolist()


def test_an_exact_tie_is_no_overtaking():
    # 7 to 6, and each beats a third system as often: without one vote the two are level, but for rounding errors.
    rows = [(0, 1, A)] * 7 + [(0, 1, B)] * 6 + [(0, 2, A)] * 3 + [(1, 2, A)] * 3 + [(2, 0, A), (2, 1, A)]
    sample = votes(rows, 3)
    level = without(sample, [0])
    assert level[0] == pytest.approx(level[1], abs=1e-12)
    assert top(level + np.array([0, 3e-16, 0]), 1)[0] == 0
    assert len(fewest_votes(sample, most=0.5).votes) == 2
