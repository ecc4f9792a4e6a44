import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.models import Assignment, Judgement, Remark, Wanted
from annotations.rating.assignment import has_work, next_assignment
from annotations.rating.leases import return_expired
from annotations.rating.page import rating_page
from annotations.rating.remarks import MOST_REMARKS, NewRemark, record_remark
from annotations.rating.votes import AnswerRefusedError
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def annotator():
    return AnnotatorFactory(study=make_study(systems=2, documents=2, quota=1))


def say(assignment, kind="comment", reason="", text="Left names the owner.", key=None):
    said = NewRemark(assignment.token, kind, reason, text, key or uuid.uuid4())
    return record_remark(assignment.annotator, said)


def refusal(assignment, **said):
    with pytest.raises(AnswerRefusedError) as refused:
        say(assignment, **said)
    return refused.value.code


def test_a_comment_is_stored_and_the_newest_counts(annotator):
    assignment = next_assignment(annotator)
    say(assignment, text="First thought.")
    assert not say(assignment, text="Second thought.").complete
    assert rating_page(assignment).comment == "Second thought."
    assert Remark.objects.count() == 2


def test_the_same_remark_again_is_one(annotator):
    assignment, key = next_assignment(annotator), uuid.uuid4()
    say(assignment, key=key)
    assert say(assignment, key=key).repeated
    assert Remark.objects.count() == 1
    assert refusal(assignment, kind="problem", reason="broken", key=key) == "key_used"


def test_a_required_comment_completes_the_pair_in_either_order():
    study = make_study(systems=2, documents=2, quota=1, comments=Wanted.REQUIRED)
    annotator = AnnotatorFactory(study=study)
    first = next_assignment(annotator)
    assert not vote_on(first, "left").complete
    assert refusal(first, text="  ") == "comment_empty"
    assert say(first).complete
    second = next_assignment(annotator)
    assert second.pk != first.pk
    assert not say(second).complete
    assert vote_on(second, "left").complete


@pytest.fixture
def only_comment_missing():
    """Answered, and then left open until the lease ran out."""
    study = make_study(systems=2, documents=1, quota=1, comments=Wanted.REQUIRED)
    assignment = next_assignment(AnnotatorFactory(study=study))
    vote_on(assignment, "left")
    return_expired(study, now=timezone.now() + timedelta(days=1))
    return assignment


def test_a_required_comment_takes_a_pair_up_again_whose_time_ran_out(only_comment_missing):
    assert say(only_comment_missing).complete
    only_comment_missing.refresh_from_db()
    assert only_comment_missing.state == Assignment.State.DONE
    assert only_comment_missing.comparison.taken == 1


def test_a_required_comment_comes_too_late_where_others_have_the_pair(only_comment_missing):
    assert next_assignment(AnnotatorFactory(study=only_comment_missing.annotator.study))
    assert refusal(only_comment_missing) == "lease_lost"


def test_a_pair_skipped_after_its_time_ran_out_does_not_come_back(annotator):
    skipped = next_assignment(annotator)
    return_expired(annotator.study, now=timezone.now() + timedelta(days=1))
    assert say(skipped, kind="skip", reason="subject", text="").complete
    assert next_assignment(annotator).comparison_id != skipped.comparison_id
    assert skipped.comparison.taken == 0


def test_a_study_without_comments_takes_none():
    annotator = AnnotatorFactory(study=make_study(comments=Wanted.OFF))
    assert refusal(next_assignment(annotator)) == "no_comments"


def test_a_skipped_pair_goes_to_others_and_never_comes_back(annotator):
    skipped = next_assignment(annotator)
    assert say(skipped, kind="skip", reason="subject", text="").complete
    skipped.refresh_from_db()
    assert (skipped.state, skipped.slot) == (Assignment.State.SKIPPED, None)
    following = next_assignment(annotator)
    assert following.comparison_id != skipped.comparison_id
    vote_on(following, "left")
    assert next_assignment(annotator) is None
    assert not has_work(annotator)
    assert next_assignment(AnnotatorFactory(study=annotator.study)).comparison_id == skipped.comparison_id


def test_a_skip_sent_twice_gives_one_place_back(annotator):
    assignment, key = next_assignment(annotator), uuid.uuid4()
    for _ in range(2):
        say(assignment, kind="skip", reason="other", text="", key=key)
    say(assignment, kind="skip", reason="other", text="")
    assert assignment.comparison.taken == 0
    assert not annotator.study.comparisons.filter(taken__gt=0).exists()


def test_who_answers_a_skipped_pair_after_all_takes_it_up_again(annotator):
    assignment = next_assignment(annotator)
    say(assignment, kind="skip", reason="other", text="")
    assert vote_on(assignment, "left").complete
    assignment.refresh_from_db()
    assert assignment.state == Assignment.State.DONE


def test_a_rated_pair_is_not_skipped(annotator):
    assignment = next_assignment(annotator)
    vote_on(assignment, "left")
    assert refusal(assignment, kind="skip", reason="other") == "already_rated"
    assert Judgement.objects.count() == 1


def test_a_problem_changes_nothing_else(annotator):
    assignment = next_assignment(annotator)
    assert not say(assignment, kind="problem", reason="broken").complete
    assert next_assignment(annotator).pk == assignment.pk
    return_expired(annotator.study, now=timezone.now() + timedelta(days=1))
    say(assignment, kind="problem", reason="private")  # also of a pair that is gone
    assert Remark.objects.filter(kind="problem").count() == 2


def test_a_reason_is_needed(annotator):
    assignment = next_assignment(annotator)
    assert refusal(assignment, kind="skip") == "reason_missing"
    assert refusal(assignment, kind="problem") == "reason_missing"


def test_remarks_are_bounded(annotator):
    assignment = next_assignment(annotator)
    Remark.objects.bulk_create(
        Remark(assignment=assignment, kind="comment", client_key=uuid.uuid4()) for _ in range(MOST_REMARKS)
    )
    assert refusal(assignment) == "too_many_remarks"


def test_nobody_remarks_on_somebody_elses_pair(annotator):
    other = next_assignment(AnnotatorFactory(study=annotator.study))
    with pytest.raises(AnswerRefusedError) as refused:
        record_remark(annotator, NewRemark(other.token, "comment", "", "Mine?", uuid.uuid4()))
    assert refused.value.code == "unknown_assignment"
