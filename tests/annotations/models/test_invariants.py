"""The script that a soak ends with finds what it is there to find."""

import uuid

import pytest

from annotations.models import Assignment, Comparison, ExpectedAnswer, Judgement, JudgementRevision, PairTally, SideLead
from annotations.rating.assignment import next_assignment
from annotations.rating.undo import undo
from benchmarks.soak import violations
from marks.marking.recording import record_no_error
from marks.models import NoErrorFound
from tests.annotations.helpers import make_gold, rate_everything, vote_on
from tests.factories import AnnotatorFactory, make_study
from tests.marks.files import study_with_texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    study = make_study(systems=3, documents=2, quota=2, gold_every=2, sampling="adaptive")
    make_gold(study.comparisons.last())
    make_gold(study.comparisons.for_rating().last(), purpose="training")
    study.refresh_from_db()
    for _ in range(2):
        annotator = AnnotatorFactory(study=study)
        rate_everything(annotator)
        undo(annotator, uuid.uuid4())
    return study


def found():
    return {name for name, rows in violations().items() if rows}


def test_a_sound_study_has_no_violation(study):
    assert len(violations()) == 13
    assert found() == set()


def test_a_wrong_counter_is_found(study):
    Comparison.objects.filter(pk=study.comparisons.first().pk).update(taken=1)
    assert found() == {"a comparison's counter is not the number of its places"}


def test_places_beyond_the_quota_are_found(study):
    Comparison.objects.filter(pk=study.comparisons.first().pk).update(taken=1, quota=1)
    assert found() == {
        "a comparison has more annotators than its quota",
        "a comparison's counter is not the number of its places",
        "a place is held twice, or lies beyond the quota",
    }


def test_a_gold_pair_without_an_expected_answer_is_found(study):
    ExpectedAnswer.objects.filter(comparison__purpose="gold").delete()
    assert found() == {"a gold or training pair was given without an expected answer"}


def test_a_lost_answer_is_found(study):
    rated = Judgement.objects.filter(assignment__state=Assignment.State.DONE, assignment__comparison__purpose="rating")
    rated.first().delete()
    assert found() == {
        "a rated pair lacks an answer",
        "an answer of the history is neither current nor withdrawn",
        "a pair of systems counts other votes than there are",
    }


def test_an_answer_without_its_history_is_found(study):
    judgement = Judgement.objects.first()
    Judgement.objects.filter(pk=judgement.pk).update(outcome="tie" if judgement.outcome != "tie" else "a")
    assert found() == {"an answer is not the last one of its history"}
    JudgementRevision.objects.filter(assignment=judgement.assignment).delete()
    assert found() == {"an answer is not the last one of its history"}


def test_a_wrong_count_of_votes_on_two_systems_is_found(study):
    PairTally.objects.filter(pk=study.pair_tallies.first().pk).update(votes=99)
    assert found() == {"a pair of systems counts other votes than there are"}


def test_a_pair_of_systems_that_is_not_counted_is_found(study):
    study.pair_tallies.first().delete()
    assert found() == {"a pair of systems with votes of an adaptive study is not counted"}


def test_a_wrong_lead_of_a_system_is_found(study):
    lead = SideLead.objects.first()
    SideLead.objects.filter(pk=lead.pk).update(lead=lead.lead + 2)
    assert found() == {"an annotator's lead of a system is not that of the pairs they were given"}


def test_a_mark_that_was_required_and_lost_is_found():
    pair = next_assignment(AnnotatorFactory(study=study_with_texts(ask_marks="required")))
    vote_on(pair, "left")
    record_no_error(pair.annotator, pair.token)
    assert found() == set()
    NoErrorFound.objects.all().delete()
    assert found() == {"a rated pair lacks a mark that its study requires"}
