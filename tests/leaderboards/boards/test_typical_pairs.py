"""Which pairs a report shows, by a rule that looks at counts alone."""

import pytest

from leaderboards.boards.typical_pairs import LOSS, TIE, WIN, PairVotes, choose_typical, count_votes
from leaderboards.data.filters import DEFAULT, Filters
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import system_slugs, vote


def pair(n, small=0, large=0, tie=0, both_bad=0, place=None):
    return PairVotes(n, place or (n, 0), small, large, tie, both_bad)


def chosen(*pairs):
    return {kind: found and found.comparison for kind, found in choose_typical(pairs).items()}


def test_the_largest_lead_over_all_other_answers_wins():
    # Leads of the small one: 5 - 1 = 4, 3 - 0 = 3; of the large one 2.
    assert chosen(pair(1, 5, 1), pair(2, 3), pair(3, 0, 2)) == {WIN: 1, LOSS: 3, TIE: None}


def test_among_equal_leads_the_fewer_other_answers_then_the_first_document():
    assert chosen(pair(1, 4, 1), pair(2, 3), pair(3, 3))[WIN] == 2
    assert chosen(pair(8, 3, place=(2, 0)), pair(9, 3, place=(1, 1)), pair(7, 3, place=(1, 2)))[WIN] == 9


def test_an_answer_without_a_majority_leads_nothing():
    assert chosen(pair(1, 2, 1, 1), pair(2, 2, 0, 0, 2)) == {WIN: None, LOSS: None, TIE: None}


def test_one_vote_is_no_typical_pair():
    assert chosen(pair(1, 1), pair(2, 0, 1), pair(3, 0, 0, 1)) == {WIN: None, LOSS: None, TIE: None}


def test_a_tie_is_a_majority_for_equal_or_an_even_split_and_both_bad_is_neither():
    assert chosen(pair(1, 2, 2), pair(2, 0, 0, 2), pair(3, 1, 1))[TIE] == 2
    assert chosen(pair(1, 1, 1), pair(2, 2, 2), pair(3, 0, 0, 0, 3))[TIE] == 2
    assert chosen(pair(3, 0, 0, 0, 3))[TIE] is None


@pytest.mark.django_db
class TestCounting:
    @pytest.fixture
    def study(self):
        study = make_study(systems=3, documents=2, criteria=("overall", "fluency"))
        people = [AnnotatorFactory(study=study) for _ in range(3)]
        for comparison in study.comparisons.all():
            for slot, outcome in enumerate(("a", "a", "b")):
                vote(comparison, people[slot], outcome, slot=slot, criterion=study.criteria.get(key="overall"))
        return study

    def counted(self, study, small, large, filters=DEFAULT, question="overall"):
        found = count_votes(study.criteria.get(key=question), filters, small, large)
        return sorted((one.place, one.for_small, one.for_large, one.tie) for one in found)

    def test_sides_are_the_systems_whichever_is_a(self, study):
        first, second, _ = system_slugs(study)
        assert [row[1:3] for row in self.counted(study, first, second)] == [(2, 1), (2, 1)]
        assert [row[1:3] for row in self.counted(study, second, first)] == [(1, 2), (1, 2)]

    def test_other_questions_systems_and_votes_that_do_not_count_are_left_out(self, study):
        first, second, _ = system_slugs(study)
        assert self.counted(study, first, second, question="fluency") == []
        study.annotators.filter(pk=study.annotators.order_by("number").first().pk).update(
            excluded_at="2026-01-01T00:00Z", exclusion_reason="spam"
        )
        assert [row[1:3] for row in self.counted(study, first, second)] == [(1, 1), (1, 1)]
        assert self.counted(study, first, second, Filters(judges="llm")) == []
