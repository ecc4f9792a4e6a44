"""Votes by pair of systems are counted as they come, change and go; test_schedules.py does so in any order."""

import uuid
from datetime import timedelta
from itertools import combinations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.counts import pair_tallies
from annotations.counts.pair_tallies import moments_of_pairs, recount_pairs
from annotations.models import Comparison, PairTally
from annotations.people.privacy import erase
from annotations.quality.exclusion import exclude, include
from annotations.rating.assignment import next_assignment, take_comparison
from annotations.rating.leases import return_expired
from annotations.rating.remarks import NewRemark, record_remark
from annotations.rating.undo import undo
from annotations.studies.settings import change_settings
from tests.annotations.helpers import rate_everything, vote_on
from tests.factories import AnnotatorFactory, DocumentFactory, SummaryFactory, make_study

pytestmark = pytest.mark.django_db

LATER = timedelta(days=2)


@pytest.fixture
def study():
    return make_study(systems=2, documents=2, quota=3, sampling="adaptive", criteria=("overall", "fluency"))


@pytest.fixture
def annotator(study):
    return AnnotatorFactory(study=study)


def counts(study):
    rows = study.pair_tallies.values_list("votes", "score_sum", "score_squares")
    return rows.get() if rows else None


def answer(annotator, outcome, **kwargs):
    """The next pair's first question, in terms of a and b."""
    assignment = next_assignment(annotator)
    choice = {assignment.shown_left: "left", assignment.shown_right: "right"}.get(outcome, outcome)
    vote_on(assignment, choice, **kwargs)
    return assignment


def test_a_study_that_becomes_adaptive_counts_the_pairs_with_votes_alone():
    study = make_study(systems=4, documents=1)
    systems = answer(AnnotatorFactory(study=study), "a").comparison
    assert counts(study) is None
    change_settings(study, {"sampling": "adaptive"}, None)
    pair = sorted((systems.summary_a.run.system_id, systems.summary_b.run.system_id))
    assert list(study.pair_tallies.values_list("system_1", "system_2", "votes")) == [(*pair, 1)]


def test_of_many_systems_only_pairs_with_votes_are_counted():
    study = make_study(systems=4, documents=1, sampling="adaptive")
    assert not study.pair_tallies.exists()
    answer(AnnotatorFactory(study=study), "a")
    assert study.pair_tallies.get().votes == 1


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [("a", (1, 1.0, 1.0)), ("b", (1, 0.0, 0.0)), ("tie", (1, 0.5, 0.25)), ("both_bad", (1, 0.5, 0.25))],
)
def test_a_vote_is_counted_from_the_first_system(study, annotator, outcome, expected):
    answer(annotator, outcome)
    assert counts(study) == expected


@pytest.mark.parametrize(("outcome", "score"), [("a", 0.0), ("b", 1.0)])
def test_also_where_the_first_system_wrote_summary_b(study, annotator, outcome, score):
    first, second = sorted(study.dataset.runs.all(), key=lambda run: run.system_id)
    study.comparisons.all().delete()
    document = DocumentFactory(dataset=study.dataset)
    a, b = SummaryFactory(run=second, document=document), SummaryFactory(run=first, document=document)
    Comparison.objects.create(study=study, document=document, summary_a=a, summary_b=b, quota=3, shuffle=0)
    answer(annotator, outcome)
    assert counts(study) == (1, score, score)


def test_a_changed_answer_counts_once(study, annotator):
    assignment = answer(annotator, "a")
    vote_on(assignment, "tie")
    assert counts(study) == (1, 0.5, 0.25)


def test_other_questions_do_not_count(study, annotator):
    answer(annotator, "a", criterion="fluency")
    assert counts(study) is None


def test_an_answer_taken_back_counts_no_longer(study, annotator):
    answer(annotator, "a")
    undo(annotator, uuid.uuid4())
    assert counts(study) == (0, 0, 0)


def test_an_answer_in_part_counts_while_its_place_is_held(study, annotator):
    assignment = answer(annotator, "a")
    later = timezone.now() + LATER
    return_expired(study, now=later)
    assert counts(study) == (0, 0, 0)
    take_comparison(annotator, assignment.comparison_id, later)
    assert counts(study) == (1, 1, 1)


def test_an_answer_on_a_lapsed_page_brings_the_earlier_one_back(study, annotator):
    assignment = answer(annotator, "a")
    return_expired(study, now=timezone.now() + LATER)
    vote_on(assignment, "tie", criterion="fluency")
    assert counts(study) == (1, 1, 1)


def test_a_pair_skipped_after_an_answer_counts_no_longer(study, annotator):
    assignment = answer(annotator, "a")
    record_remark(annotator, NewRemark(assignment.token, "skip", "other", "", uuid.uuid4()))
    assert counts(study) == (0, 0, 0)


def test_votes_of_who_is_left_out_do_not_count_and_come_back(study, annotator):
    answer(annotator, "a")
    answer(AnnotatorFactory(study=study), "b")
    exclude(annotator, "Answers within a second.", None)
    assert counts(study) == (1, 0, 0)
    vote_on(annotator.assignments.get(), "tie")
    assert counts(study) == (1, 0, 0)
    include(annotator, None)
    assert counts(study) == (2, 0.5, 0.25)


def test_erasing_a_person_keeps_complete_votes_and_gives_up_the_rest(study, annotator):
    done = answer(annotator, "a")
    vote_on(done, "tie", criterion="fluency")
    answer(annotator, "a")
    assert counts(study) == (2, 2, 2)
    erase(annotator)
    assert counts(study) == (1, 1, 1)


def test_switching_counts_anew(study, annotator):
    answer(annotator, "a")
    change_settings(study, {"sampling": "even"}, None)
    assert counts(study) is None
    answer(AnnotatorFactory(study=study), "b")
    change_settings(study, {"sampling": "adaptive"}, None)
    assert counts(study) == (2, 1, 1)


def test_a_vote_by_somebody_who_still_sees_the_study_as_even_is_counted(study, annotator):
    change_settings(study, {"sampling": "even"}, None)
    annotator.refresh_from_db()
    assert annotator.study.sampling == "even"
    change_settings(study, {"sampling": "adaptive"}, None)
    answer(annotator, "a")
    assert counts(study) == (1, 1, 1)


def test_a_recount_repairs_what_went_wrong(study, annotator):
    answer(annotator, "a")
    PairTally.objects.update(votes=7, score_sum=2, score_squares=1)
    recount_pairs(study)
    assert counts(study) == (1, 1, 1)


def test_a_recount_adds_a_pair_that_is_missing(study, annotator):
    answer(annotator, "a")
    PairTally.objects.all().delete()
    recount_pairs(study)
    assert counts(study) == (1, 1, 1)


def test_the_first_vote_of_who_is_left_out_counts_once_they_are_taken_in(study, annotator):
    exclude(annotator, "Answers within a second.", None)
    answer(annotator, "a")
    assert counts(study) == (0, 0, 0)
    include(annotator, None)
    assert counts(study) == (1, 1, 1)


def test_a_vote_in_an_even_study_asks_for_no_counts():
    first = next_assignment(AnnotatorFactory(study=make_study(systems=2, documents=3)))
    with CaptureQueriesContext(connection) as captured:
        vote_on(first, "left")
    # What PostgreSQL runs by a kept plan has no text here.
    texts = [query["sql"] or "" for query in captured]
    assert not any("paircount" in text or "system_id" in text for text in texts)


def test_counts_are_of_one_study_alone(study, annotator):
    other = make_study(systems=2, documents=2, sampling="adaptive")
    rate_everything(AnnotatorFactory(study=other))
    assert counts(study) is None
    assert counts(other)[0] == 2


def test_a_recount_writes_what_is_wrong_alone():
    study = make_study(systems=4, documents=1, sampling="adaptive")
    rate_everything(AnnotatorFactory(study=study))
    PairTally.objects.filter(pk=study.pair_tallies.first().pk).update(votes=7, score_sum=2, score_squares=1)
    right = {tally.pk: tally.votes for tally in study.pair_tallies.all()} | {study.pair_tallies.first().pk: 1}
    for writes in (1, 0):
        with CaptureQueriesContext(connection) as captured:
            recount_pairs(study)
        assert sum((query["sql"] or "").startswith("UPDATE") for query in captured) == writes
        assert dict(study.pair_tallies.values_list("pk", "votes")) == right


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_moments_are_those_of_the_pairs_asked_for(monkeypatch, at_once):
    monkeypatch.setattr(pair_tallies, "FIRSTS_AT_ONCE", at_once)
    study = make_study(systems=5, documents=1, sampling="adaptive")
    every = list(combinations(study.systems.order_by("pk").values_list("pk", flat=True), 2))
    PairTally.objects.bulk_create(
        PairTally(study=study, system_1_id=one, system_2_id=two, votes=n, score_sum=n / 2, score_squares=n / 2)
        for n, (one, two) in enumerate(every)
        if n
    )
    asked = [every[n] for n in (7, 0, 3, 9, 4)]
    assert moments_of_pairs(study, asked).votes.tolist() == [7, 0, 3, 9, 4]
    rows = list(pair_tallies._stored(study, asked))
    assert sorted(pair for pair, _ in rows) == sorted(every[n] for n in (7, 3, 9, 4))
