"""The rule: training first, then one gold pair in every so many, where nobody can tell or predict it."""

import uuid
from datetime import timedelta
from itertools import pairwise

import pytest
from django.test import override_settings
from django.utils import timezone

from annotations.models import Assignment, Comparison, Study
from annotations.rating.assignment import has_work, next_assignment, prefetch
from annotations.rating.leases import come_back, leave, return_expired
from annotations.rating.mixing import gold_schedule
from annotations.rating.page import RatingProgress, rating_page, rating_progress
from annotations.rating.remarks import NewRemark, record_remark
from tests.annotations.helpers import answer, make_gold
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db

EVERY = 4


@pytest.fixture
def study():
    """Eight documents, three pairs each; of the last two documents every pair is gold: 18 rating pairs, 6 gold ones."""
    study = make_study(systems=3, documents=8, quota=1000, gold_every=EVERY)
    for comparison in study.comparisons.order_by("-document_id")[:6]:
        make_gold(comparison)
    study.refresh_from_db()
    return study


def take_everything(annotator):
    """All that is given, in order. Who gets what does not depend on the answers, so none are made up."""
    came = []
    while assignment := next_assignment(annotator):
        finish(assignment)
        came.append(assignment)
    return came


def finish(assignment):
    Assignment.objects.filter(pk=assignment.pk).update(state="done", lease_until=None)


def purposes(assignments):
    return [assignment.comparison.purpose for assignment in assignments]


def blocks(annotator):
    """Purposes in the order they came, in blocks."""
    came = purposes(take_everything(annotator))
    return [came[start : start + EVERY] for start in range(0, len(came), EVERY)]


def test_every_block_has_one_gold_pair_at_places_that_vary(study):
    places = set()
    for annotator in AnnotatorFactory.create_batch(6, study=study):
        full = [block for block in blocks(annotator) if len(block) == EVERY]
        assert len(full) >= 5
        assert [block.count("gold") for block in full] == [1] * len(full)
        places.add(tuple(block.index("gold") for block in full))
    assert len(places) > 3
    assert {place for row in places for place in row} == set(range(EVERY))


def test_the_places_follow_from_seed_annotator_and_the_servers_secret(study):
    annotator = AnnotatorFactory(study=study)

    def again():
        Assignment.objects.all().delete()
        Comparison.objects.update(taken=0)
        annotator.refresh_from_db()
        return [block.index("gold") for block in blocks(annotator) if len(block) == EVERY]

    first = again()
    assert again() == first
    with override_settings(SECRET_KEY="another secret that nobody knows, either"):
        assert again() != first
    Study.objects.update(seed=99)
    annotator.study.refresh_from_db()
    assert again() != first


def test_everybody_gets_every_gold_pair_at_most_once_whatever_the_quota(study):
    Comparison.objects.for_rating().update(quota=3)
    Study.objects.update(quota=3)
    for annotator in AnnotatorFactory.create_batch(3, study=study):
        gold = [a.comparison_id for a in take_everything(annotator) if a.comparison.purpose == "gold"]
        assert 4 <= len(gold) == len(set(gold)) <= 6


def test_without_the_rule_no_gold_is_given(study):
    Study.objects.update(gold_every=0)
    annotator = AnnotatorFactory(study=Study.objects.get())
    assert set(purposes(take_everything(annotator))) == {"rating"}


def test_gold_of_the_document_last_read_comes_first():
    study = make_study(systems=4, documents=5, gold_every=3)
    for document in study.dataset.documents.all():
        make_gold(study.comparisons.filter(document=document).first())
    study.refresh_from_db()
    came = take_everything(AnnotatorFactory(study=study))
    left = set(study.dataset.documents.values_list("pk", flat=True))  # whose gold pair was not given yet
    for before, one in pairwise(came):
        last = before.comparison.document_id
        if before.comparison.purpose == "gold":
            left.discard(last)
        if one.comparison.purpose == "gold":
            assert one.comparison.document_id == last or last not in left
    assert purposes(came).count("gold") == 5


def test_gold_is_given_to_nobody_without_a_rating_pair_to_come(study):
    Comparison.objects.for_rating().update(taken=1, quota=1)
    annotator = AnnotatorFactory(study=study)
    assert next_assignment(annotator) is None
    assert not has_work(annotator)


def test_the_last_pair_is_one_for_rating(study):
    for annotator in AnnotatorFactory.create_batch(4, study=study):
        assert purposes(take_everything(annotator))[-1] == "rating"


def test_the_rule_holds_where_pairs_are_fetched_ahead(study):
    ahead = AnnotatorFactory(study=study)
    came = [next_assignment(ahead)]
    while True:
        following = prefetch(ahead, came[-1].token)
        finish(came[-1])
        if following is None:
            break
        came.append(following)
    counted = purposes(came)
    for start in range(0, len(counted) - EVERY, EVERY):
        assert counted[start : start + EVERY].count("gold") == 1


def test_a_gold_pair_whose_lease_ran_out_comes_again(study):
    annotator = AnnotatorFactory(study=study)
    while (assignment := next_assignment(annotator)).comparison.purpose != "gold":
        answer(assignment, "a")
    return_expired(study, now=timezone.now() + timedelta(days=1))
    assert next_assignment(annotator).pk == assignment.pk
    leave(annotator)
    come_back(annotator)
    assert next_assignment(annotator).pk == assignment.pk
    answer(assignment, "a")
    # The next block may begin with its own gold pair, so only this one is known not to come again.
    assert assignment.pk not in {one.pk for one in take_everything(annotator)}


def test_two_tabs_at_once_get_one_gold_pair(study, monkeypatch):
    """The second one asked what is due before the first had taken it."""
    annotator = AnnotatorFactory(study=study)
    while not (stale := gold_schedule.due(annotator)):
        finish(next_assignment(annotator))
    first = next_assignment(annotator)
    assert [first.comparison_id] == stale
    monkeypatch.setattr(gold_schedule, "due", lambda *_: stale)
    assert prefetch(annotator, first.token).comparison.purpose == "rating"


def test_a_skipped_gold_pair_does_not_come_back(study):
    annotator = AnnotatorFactory(study=study)
    while (assignment := next_assignment(annotator)).comparison.purpose != "gold":
        answer(assignment, "a")
    record_remark(annotator, NewRemark(assignment.token, "skip", "other", "", uuid.uuid4()))
    later = take_everything(annotator)
    assert assignment.pk not in {a.pk for a in later}
    # Its place in the block stays taken; the next block's gold may still come at once.
    given = purposes(annotator.assignments.select_related("comparison").order_by("created_at", "pk"))
    assert all(given[start : start + EVERY].count("gold") <= 1 for start in range(0, len(given), EVERY))


def test_gold_made_late_does_not_come_all_at_once():
    study = make_study(systems=3, documents=10, gold_every=EVERY)
    annotator = AnnotatorFactory(study=study)
    for _ in range(13):
        finish(next_assignment(annotator))
    for comparison in study.comparisons.filter(assignments=None)[:5]:
        make_gold(comparison)
    annotator.study.refresh_from_db()
    came = purposes(take_everything(annotator))
    assert came.count("gold") >= 2
    # Of every block, of which three places are left in the first one, one at most.
    assert all(came[start : start + EVERY].count("gold") <= 1 for start in range(3, len(came), EVERY))


def test_the_total_does_not_tell_when_gold_comes(study):
    annotator = AnnotatorFactory(study=study)
    seen = []
    while assignment := next_assignment(annotator):
        page = rating_page(assignment)
        seen.append((page.done, page.total))
        finish(assignment)
    done, totals = zip(*seen, strict=True)
    assert list(done) == list(range(len(seen)))
    assert set(totals) == {len(seen)}
    assert rating_progress(annotator) == RatingProgress(done=len(seen), total=len(seen))


@pytest.mark.parametrize("every", [2, 3, 7, 50])
@pytest.mark.parametrize("gold", [1, 6])
def test_the_total_is_right_from_the_beginning(every, gold):
    study = make_study(systems=3, documents=6, quota=9, gold_every=every)
    for comparison in study.comparisons.all()[:gold]:
        make_gold(comparison)
    study.refresh_from_db()
    for annotator in AnnotatorFactory.create_batch(3, study=study):
        assert rating_progress(annotator).total == len(take_everything(annotator))


# ---- training


@pytest.fixture
def training(study):
    """Three of them, the newest pair first."""
    chosen = list(study.comparisons.for_rating().order_by("-pk")[:3])
    for comparison in chosen:
        make_gold(comparison, purpose="training")
    study.refresh_from_db()
    return [comparison.pk for comparison in chosen]


def test_training_comes_first_and_in_order(study, training):
    rated = take_everything(AnnotatorFactory(study=study))
    assert [a.comparison_id for a in rated[:3]] == training
    assert "training" not in purposes(rated[3:])


def test_training_is_fetched_ahead_in_order(study, training):
    annotator = AnnotatorFactory(study=study)
    first = next_assignment(annotator)
    second = prefetch(annotator, first.token)
    answer(first, "a")
    third = prefetch(annotator, second.token)
    answer(second, "a")
    fourth = prefetch(annotator, third.token)
    assert [a.comparison_id for a in (first, second, third)] == training
    assert fourth.comparison.purpose in ("rating", "gold")


def test_training_takes_no_place_of_a_block(study, training):
    annotator = AnnotatorFactory(study=study)
    for _ in training:
        finish(next_assignment(annotator))
    full = [block for block in blocks(annotator) if len(block) == EVERY]
    assert [block.count("gold") for block in full] == [1] * len(full)


def test_who_can_rate_nothing_is_not_trained(study, training):
    Comparison.objects.for_rating().update(taken=1, quota=1)
    assert next_assignment(AnnotatorFactory(study=study)) is None


def test_a_page_of_practice_counts_practice(study, training):
    annotator = AnnotatorFactory(study=study)
    for number in range(3):
        page = rating_page(next_assignment(annotator))
        assert (page.practice, page.done, page.total) == (True, number, 3)
        finish(next_assignment(annotator))
    page = rating_page(next_assignment(annotator))
    assert (page.practice, page.done) == (False, 0)
