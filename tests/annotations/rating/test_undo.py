import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.models import Assignment, Judgement, JudgementRevision, Study
from annotations.rating.assignment import next_assignment
from annotations.rating.leases import return_expired
from annotations.rating.undo import undo
from annotations.rating.votes import RefusedError
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def annotator():
    return AnnotatorFactory(study=make_study(systems=2, documents=3, quota=1, criteria=("overall", "fluency")))


def rate(annotator, choice="left"):
    assignment = next_assignment(annotator)
    for key in ("overall", "fluency"):
        vote_on(assignment, choice, criterion=key)
    return assignment


def refusal(annotator, key=None):
    with pytest.raises(RefusedError) as refused:
        undo(annotator, key or uuid.uuid4())
    return refused.value.code


def test_the_last_answer_is_withdrawn_and_its_pair_comes_again(annotator):
    first, second = rate(annotator), next_assignment(annotator)
    assert undo(annotator, uuid.uuid4()) == first.token
    assert list(Judgement.objects.values_list("criterion__key", flat=True)) == ["overall"]
    first.refresh_from_db()
    assert (first.state, first.completed_at) == (Assignment.State.LEASED, None)
    assert first.lease_until > timezone.now()
    assert next_assignment(annotator).pk == first.pk
    vote_on(first, "right", criterion="fluency")
    assert next_assignment(annotator).pk == second.pk


def test_the_history_keeps_what_was_withdrawn(annotator):
    rate(annotator)
    undo(annotator, uuid.uuid4())
    outcomes = list(JudgementRevision.objects.filter(criterion__key="fluency").values_list("outcome", flat=True))
    assert len(outcomes) == 2
    assert outcomes[0] in ("a", "b")
    assert outcomes[1] == ""


def test_again_and_again_it_steps_back(annotator):
    first, second = rate(annotator), rate(annotator)
    tokens = [undo(annotator, uuid.uuid4()) for _ in range(4)]
    assert tokens == [second.token, second.token, first.token, first.token]
    assert not Judgement.objects.exists()
    assert refusal(annotator) == "nothing_to_undo"


def test_the_same_key_again_withdraws_nothing_more(annotator):
    rate(annotator)
    key = uuid.uuid4()
    assert undo(annotator, key) == undo(annotator, key)
    assert Judgement.objects.count() == 1


def test_a_key_of_an_answer_or_of_somebody_else_is_refused(annotator):
    key = uuid.uuid4()
    vote_on(next_assignment(annotator), "left", client_key=key)
    assert refusal(annotator, key) == "key_used"
    assert Judgement.objects.count() == 1
    used = uuid.uuid4()
    undo(annotator, used)
    assert refusal(AnnotatorFactory(study=annotator.study), used) == "key_used"


@pytest.mark.parametrize("status", [Study.Status.PAUSED, Study.Status.CLOSED])
def test_a_study_that_is_not_open_keeps_its_answers(annotator, status):
    rate(annotator)
    Study.objects.update(status=status)
    annotator.study.refresh_from_db()
    assert refusal(annotator) == "study_not_open"
    assert Judgement.objects.count() == 2


def test_the_place_stays_the_annotators(annotator):
    """Others cannot take it meanwhile, and once the lease ends they can."""
    rate(annotator)
    undo(annotator, uuid.uuid4())
    other = AnnotatorFactory(study=annotator.study)
    taken = [rate(other).comparison_id for _ in range(2)]
    assert len(set(taken)) == 2
    assert next_assignment(other) is None
    later = timezone.now() + timedelta(days=1)
    assert return_expired(annotator.study, now=later) == 1
    assert next_assignment(other, now=later).comparison_id not in taken


def test_an_answer_of_a_lapsed_pair_is_withdrawn_too(annotator):
    assignment = next_assignment(annotator)
    vote_on(assignment, "left")
    return_expired(annotator.study, now=timezone.now() + timedelta(days=1))
    assert undo(annotator, uuid.uuid4()) == assignment.token
    assert not Judgement.objects.exists()
    assignment.refresh_from_db()
    assert assignment.state == Assignment.State.EXPIRED
