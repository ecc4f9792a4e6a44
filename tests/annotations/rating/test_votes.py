import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.models import Assignment, Judgement, JudgementRevision, Study
from annotations.rating.assignment import next_assignment
from annotations.rating.leases import return_expired
from annotations.rating.votes import MOST_REVISIONS, AnswerRefusedError, choice_of, outcome_of
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
    with pytest.raises(AnswerRefusedError) as refusal:
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
    with pytest.raises(AnswerRefusedError) as refusal:
        vote_on(assignment, "left")
    assert refusal.value.code == "unknown_assignment"


def test_an_unknown_criterion_is_refused_and_nothing_is_stored(assignment):
    with pytest.raises(AnswerRefusedError) as refusal:
        vote_on(assignment, "left", criterion="beauty")
    assert refusal.value.code == "unknown_criterion"
    assert not JudgementRevision.objects.exists()


def test_a_closed_study_takes_no_vote(assignment):
    Study.objects.update(status=Study.Status.CLOSED)
    assignment.annotator.study.refresh_from_db()
    with pytest.raises(AnswerRefusedError) as refusal:
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
    with pytest.raises(AnswerRefusedError) as refusal:
        vote_on(assignment, "left", now=later)
    assert refusal.value.code == "lease_lost"
    assert Judgement.objects.filter(assignment=assignment).count() == 0


def test_strength_is_stored_with_the_side():
    annotator = AnnotatorFactory(study=make_study(strength="required"))
    assignment = next_assignment(annotator)
    vote_on(assignment, "right", strength=2)
    judgement = Judgement.objects.get()
    assert (judgement.outcome, judgement.strength) == (assignment.shown_right, 2)
    assert JudgementRevision.objects.get().strength == 2


@pytest.mark.parametrize(
    ("study", "choice", "strength", "code"),
    [
        ({"allow_tie": False}, "tie", None, "choice_not_offered"),
        ({"allow_both_bad": False}, "both_bad", None, "choice_not_offered"),
        ({}, "left", 1, "choice_not_offered"),
        ({"strength": "required"}, "left", None, "strength_missing"),
        ({"strength": "required"}, "tie", 1, "choice_not_offered"),
        ({"strength": "optional"}, "both_bad", 1, "choice_not_offered"),
    ],
)
def test_an_answer_that_the_page_does_not_offer_is_refused(study, choice, strength, code):
    assignment = next_assignment(AnnotatorFactory(study=make_study(**study)))
    with pytest.raises(AnswerRefusedError) as refusal:
        vote_on(assignment, choice, strength=strength)
    assert refusal.value.code == code
    assert not Judgement.objects.exists()


@pytest.mark.parametrize("strength", [None, 1, 2])
def test_optional_strength_may_be_said_or_not(strength):
    assignment = next_assignment(AnnotatorFactory(study=make_study(strength="optional")))
    assert vote_on(assignment, "left", strength=strength).complete
    assert Judgement.objects.get().strength == strength


def test_an_answer_is_not_changed_without_end(assignment):
    for n in range(MOST_REVISIONS):
        vote_on(assignment, ("left", "right")[n % 2])
    with pytest.raises(AnswerRefusedError) as refusal:
        vote_on(assignment, "tie")
    assert refusal.value.code == "too_many_changes"
    assert JudgementRevision.objects.count() == MOST_REVISIONS
    assert Judgement.objects.get().outcome == assignment.shown_right
