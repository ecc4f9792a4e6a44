import pytest

from stats.votes.least import LEAST_ANNOTATORS, LEAST_DOCUMENTS, LEAST_VOTES, count_by_system, too_few
from tests.stats.simulate import TIE, A, B, votes


def test_each_of_the_three_is_asked_for():
    enough = (LEAST_VOTES, LEAST_ANNOTATORS, LEAST_DOCUMENTS)
    assert (enough, too_few(*enough)) == ((20, 3, 3), "")
    assert too_few(19, 3, 3) == "too few to say: 19 votes of at least 20"
    assert too_few(20, 2, 3) == "too few to say: 2 annotators of at least 3"
    assert too_few(1, 1, 1) == (
        "too few to say: 1 vote of at least 20, 1 annotator of at least 3, 1 document of at least 3"
    )
    assert too_few(0, 0, 0) == "too few to say: no votes yet"


def test_systems_are_counted_by_hand():
    # (a, b, outcome, document, annotator): system 3 was never shown.
    sample = votes([(0, 1, A, 0, 0), (1, 0, B, 0, 1), (0, 2, TIE, 1, 1), (2, 0, A, 1, 1)], 4)
    counts = count_by_system(sample)
    assert counts.votes.tolist() == [4, 2, 2, 0]
    assert counts.annotators.tolist() == [2, 2, 1, 0]
    assert counts.documents.tolist() == [2, 1, 1, 0]
    assert counts.too_few(2) == (
        "too few to say: 2 votes of at least 20, 1 annotator of at least 3, 1 document of at least 3"
    )


@pytest.mark.parametrize("n_systems", [1, 3])
def test_without_votes_nothing_is_counted(n_systems):
    counts = count_by_system(votes([], n_systems))
    assert (counts.votes.tolist(), counts.annotators.tolist(), counts.documents.tolist()) == ([0] * n_systems,) * 3
