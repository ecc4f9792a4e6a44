import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.assignment import next_assignment, return_expired
from annotations.judging import VoteRefusedError, choice_of, outcome_of
from annotations.models import Assignment, Judgement, JudgementRevision, Study
from tests.annotations.helpers import rate_everything, vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def assignment():
    return next_assignment(AnnotatorFactory(study=make_study(systems=2, documents=2, quota=1)))


@pytest.mark.parametrize(
    ("choice", "shown_left", "outcome"),
    [
        ("left", "a", "a"),
        ("left", "b", "b"),
        ("right", "a", "b"),
        ("right", "b", "a"),
        ("tie", "b", "tie"),
        ("both_bad", "a", "both_bad"),
    ],
)
def test_choices_between_sides_become_canonical_outcomes(choice, shown_left, outcome):
    assert outcome_of(choice, shown_left) == outcome
    assert choice_of(outcome, shown_left) == choice


def test_a_vote_is_stored_and_completes_the_assignment(assignment):
    assert vote_on(assignment, "left").complete
    judgement = Judgement.objects.get()
    assert (judgement.outcome, judgement.lead_time_ms) == (assignment.shown_left, 4200)
    assignment.refresh_from_db()
    assert (assignment.state, assignment.lease_until) == (Assignment.State.DONE, None)


def test_the_same_vote_again_is_the_same_vote(assignment):
    key = uuid.uuid4()
    vote_on(assignment, "left", client_key=key)
    again = vote_on(assignment, "left", client_key=key)
    assert again.repeated
    assert again.complete
    assert JudgementRevision.objects.count() == Judgement.objects.count() == 1


def test_a_key_of_another_answer_is_refused(assignment):
    key = uuid.uuid4()
    vote_on(assignment, "left", client_key=key)
    with pytest.raises(VoteRefusedError) as refusal:
        vote_on(assignment, "right", client_key=key)
    assert refusal.value.code == "key_used"
    assert Judgement.objects.get().outcome == assignment.shown_left


def test_a_correction_keeps_the_earlier_answer(assignment):
    vote_on(assignment, "tie")
    vote_on(assignment, "both_bad")
    assert Judgement.objects.get().outcome == "both_bad"
    assert list(JudgementRevision.objects.values_list("outcome", flat=True)) == ["tie", "both_bad"]


def test_an_assignment_of_somebody_else_is_unknown(assignment):
    stranger = AnnotatorFactory(study=assignment.annotator.study)
    assignment.annotator = stranger
    with pytest.raises(VoteRefusedError) as refusal:
        vote_on(assignment, "left")
    assert refusal.value.code == "unknown_assignment"


def test_an_unknown_criterion_is_refused_and_nothing_is_stored(assignment):
    with pytest.raises(VoteRefusedError) as refusal:
        vote_on(assignment, "left", criterion="beauty")
    assert refusal.value.code == "unknown_criterion"
    assert not JudgementRevision.objects.exists()


def test_a_closed_study_takes_no_vote(assignment):
    Study.objects.update(status=Study.Status.CLOSED)
    assignment.annotator.study.refresh_from_db()
    with pytest.raises(VoteRefusedError) as refusal:
        vote_on(assignment, "left")
    assert refusal.value.code == "study_not_open"


def test_a_late_vote_counts_while_its_place_is_free(assignment):
    later = timezone.now() + timedelta(days=2)
    return_expired(assignment.annotator.study, now=later)
    assert vote_on(assignment, "left", now=later).complete
    assignment.comparison.refresh_from_db()
    assert assignment.comparison.taken == 1


def test_a_late_vote_is_refused_when_others_have_rated_meanwhile(assignment):
    study = assignment.annotator.study
    later = timezone.now() + timedelta(days=2)
    return_expired(study, now=later)
    rate_everything(AnnotatorFactory(study=study))
    with pytest.raises(VoteRefusedError) as refusal:
        vote_on(assignment, "left", now=later)
    assert refusal.value.code == "lease_lost"
    assert Judgement.objects.filter(assignment=assignment).count() == 0
