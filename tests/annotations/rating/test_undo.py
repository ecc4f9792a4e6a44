import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.models import Assignment, Judgement, JudgementRevision, Remark, Study
from annotations.rating.assignment import next_assignment
from annotations.rating.leases import return_expired
from annotations.rating.remarks import NewRemark, newest_remarks, record_remark
from annotations.rating.undo import Undone, has_acted, undo
from annotations.rating.votes import AnswerRefusedError
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
    with pytest.raises(AnswerRefusedError) as refused:
        undo(annotator, key or uuid.uuid4())
    return refused.value.code


def test_the_last_answer_is_withdrawn_and_its_pair_comes_again(annotator):
    first, second = rate(annotator), next_assignment(annotator)
    assert undo(annotator, uuid.uuid4()).token == first.token
    assert list(Judgement.objects.values_list("criterion__key", flat=True)) == ["overall"]
    first.refresh_from_db()
    assert (first.state, first.completed_at) == (Assignment.State.LEASED, None)
    assert first.lease_until > timezone.now()
    assert next_assignment(annotator).pk == first.pk
    vote_on(first, "right", criterion="fluency")
    assert next_assignment(annotator).pk == second.pk


def test_it_is_the_last_answer_though_the_clock_was_put_back(annotator):
    first, second = rate(annotator), rate(annotator)
    ahead = timezone.now() + timedelta(hours=1)
    Judgement.objects.filter(assignment=first).update(updated_at=ahead)
    assert undo(annotator, uuid.uuid4()).token == second.token


def skip_by_clock(annotator, monkeypatch, hours):
    """By a clock that is so far ahead."""
    pair = next_assignment(annotator)
    now = timezone.now() + timedelta(hours=hours)
    with monkeypatch.context() as clock:
        clock.setattr(timezone, "now", lambda: now)
        record_remark(annotator, NewRemark(pair.token, "skip", "other", "", uuid.uuid4()))
    return pair


def test_a_skip_of_an_hour_ahead_is_not_the_last_act_once_something_is_answered(annotator, monkeypatch):
    skipped, answered = skip_by_clock(annotator, monkeypatch, hours=1), rate(annotator)
    assert [undo(annotator, uuid.uuid4()).token for _ in range(3)] == [answered.token, answered.token, skipped.token]


def test_a_skip_of_an_hour_behind_is_the_last_act(annotator, monkeypatch):
    rate(annotator)
    skipped = skip_by_clock(annotator, monkeypatch, hours=-1)
    assert undo(annotator, uuid.uuid4()).token == skipped.token


def test_the_history_keeps_what_was_withdrawn(annotator):
    rate(annotator)
    undo(annotator, uuid.uuid4())
    outcomes = list(JudgementRevision.objects.filter(criterion__key="fluency").values_list("outcome", flat=True))
    assert len(outcomes) == 2
    assert outcomes[0] in ("a", "b")
    assert outcomes[1] == ""


def test_again_and_again_it_steps_back(annotator):
    first, second = rate(annotator), rate(annotator)
    tokens = [undo(annotator, uuid.uuid4()).token for _ in range(4)]
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
    assert undo(annotator, uuid.uuid4()).token == assignment.token
    assert not Judgement.objects.exists()
    assignment.refresh_from_db()
    assert assignment.state == Assignment.State.EXPIRED


# ---- a skip


def skip(annotator):
    assignment = next_assignment(annotator)
    record_remark(annotator, NewRemark(assignment.token, "skip", "subject", "Too technical.", uuid.uuid4()))
    return assignment


def test_after_a_skip_the_skip_is_taken_back_and_not_the_answer_before(annotator):
    first, skipped = rate(annotator), skip(annotator)
    assert undo(annotator, uuid.uuid4()) == Undone(skipped.token, "skip")
    assert Judgement.objects.count() == 2
    skipped.refresh_from_db()
    assert (skipped.state, skipped.comparison.taken) == (Assignment.State.LEASED, 1)
    assert next_assignment(annotator).pk == skipped.pk
    assert undo(annotator, uuid.uuid4()) == Undone(first.token, "left")


def test_a_skip_that_was_taken_back_stands_no_longer_and_stays_on_record(annotator):
    skip(annotator)
    assert has_acted(annotator)
    undo(annotator, uuid.uuid4())
    assert not has_acted(annotator)
    assert list(Remark.objects.values_list("kind", "reason")) == [("skip", "subject"), ("unskip", "subject")]
    assert not newest_remarks(annotator.study).exists()
    skip(annotator)
    assert [remark.kind for remark in newest_remarks(annotator.study)] == ["skip"]


def test_the_same_key_takes_one_skip_back(annotator):
    skip(annotator)
    last, key = skip(annotator), uuid.uuid4()
    assert undo(annotator, key) == undo(annotator, key) == Undone(last.token, "skip")
    assert Assignment.objects.filter(state="skipped").count() == 1
    assert refusal(AnnotatorFactory(study=annotator.study), key) == "key_used"


def test_the_key_of_a_remark_is_refused(annotator):
    key = uuid.uuid4()
    record_remark(annotator, NewRemark(next_assignment(annotator).token, "skip", "other", "", key))
    assert refusal(annotator, key) == "key_used"


def test_a_skipped_pair_that_others_were_given_does_not_come_back(annotator):
    rate(annotator)
    skipped = skip(annotator)
    other = AnnotatorFactory(study=annotator.study)
    while next_assignment(other):
        rate(other)
    assert refusal(annotator) == "skip_final"
    skipped.refresh_from_db()
    assert skipped.state == Assignment.State.SKIPPED
    assert Judgement.objects.filter(assignment__annotator=annotator).count() == 2


def test_a_skipped_pair_that_was_answered_after_all_leaves_the_answer_to_undo(annotator):
    """From a page that was still open."""
    skipped = skip(annotator)
    vote_on(skipped, "tie")
    assert undo(annotator, uuid.uuid4()) == Undone(skipped.token, "tie")


def test_it_is_told_what_was_taken_back(annotator):
    Study.objects.update(strength="required")
    annotator.study.refresh_from_db()
    vote_on(next_assignment(annotator), "right", strength=2)
    key = uuid.uuid4()
    assert undo(annotator, key).what == "right-2"
    assert undo(annotator, key).what == "right-2"
