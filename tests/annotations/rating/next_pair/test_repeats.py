"""Pairs that come again: to whoever rated them, sides swapped, later, and counted nowhere."""

import random
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from annotations.models import Assignment, Comparison, Judgement, Study
from annotations.models.comparisons import EVERYBODY, REPEAT_AFTER
from annotations.quality.report import study_quality
from annotations.quality.serialization import as_values, from_values
from annotations.rating.assignment import next_assignment, prefetch
from annotations.rating.leases import return_expired
from annotations.rating.page import rating_page, rating_progress
from annotations.rating.remarks import NewRemark, record_remark
from annotations.rating.undo import undo
from annotations.studies.progress import counted_votes, study_progress
from tests.annotations.helpers import answer, make_gold, rate_everything
from tests.factories import AnnotatorFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db

EVERY = 5


@pytest.fixture
def study():
    """Twenty-four pairs, and one in five comes again."""
    return make_study(systems=3, documents=8, quota=2, criteria=("overall", "fluency"), repeat_every=EVERY, slug="s")


def purposes(assignments):
    return [assignment.comparison.purpose for assignment in assignments]


def texts(assignment):
    return assignment.comparison.summary_a_id, assignment.comparison.summary_b_id


def test_pairs_come_again_later_with_their_sides_swapped_and_once(study):
    came = rate_everything(AnnotatorFactory(study=study))
    again = [number for number, assignment in enumerate(came) if assignment.comparison.purpose == "repeat"]
    assert len(again) >= 3
    first = {texts(assignment): number for number, assignment in enumerate(came) if number not in again}
    for number in again:
        before = first[texts(came[number])]
        assert number - before > REPEAT_AFTER
        assert {came[number].shown_left, came[before].shown_left} == {"a", "b"}
    assert len({texts(came[number]) for number in again}) == len(again)
    assert len(came) == 24 + len(again)
    assert came[-1].comparison.purpose == "rating"


def test_every_full_block_has_one_at_most_at_places_that_vary(study):
    Study.objects.update(quota=9)
    Comparison.objects.update(quota=9)
    places = set()
    for annotator in AnnotatorFactory.create_batch(4, study=study):
        came = purposes(rate_everything(annotator))
        blocks = [came[start : start + EVERY] for start in range(0, len(came), EVERY)]
        assert [block.count("repeat") for block in blocks if len(block) == EVERY][2:5] == [1, 1, 1]
        places.add(tuple(block.index("repeat") for block in blocks[2:4]))
    assert len(places) > 1
    # One row for all who are given the pair again.
    assert Comparison.objects.filter(repeat=True).count() < Assignment.objects.filter(comparison__repeat=True).count()


def test_without_the_setting_nothing_comes_again(study):
    Study.objects.update(repeat_every=0)
    assert set(purposes(rate_everything(AnnotatorFactory(study=Study.objects.get())))) == {"rating"}


@pytest.mark.parametrize(("every", "gold"), [(2, 0), (3, 0), (3, 5), (4, 3)])
def test_the_total_does_not_tell_when_a_pair_comes_again(every, gold):
    study = make_study(systems=3, documents=8, quota=9, repeat_every=every, gold_every=gold)
    for comparison in study.comparisons.all()[: 3 if gold else 0]:
        make_gold(comparison)
    study.refresh_from_db()
    for annotator in AnnotatorFactory.create_batch(3, study=study):
        seen = []
        while assignment := next_assignment(annotator):
            page = rating_page(assignment)
            seen.append((page.done, page.total))
            Assignment.objects.filter(pk=assignment.pk).update(state="done", lease_until=None)
        assert seen == [(number, len(seen)) for number in range(len(seen))]
        assert annotator.assignments.filter(comparison__repeat=True).exists()


def test_the_total_is_right_where_pairs_are_fetched_ahead(study):
    annotator = AnnotatorFactory(study=study)
    shown, totals = next_assignment(annotator), []
    while shown:
        totals.append(rating_progress(annotator).total)
        following = prefetch(annotator, shown.token)
        answer(shown, "a")
        shown = following or next_assignment(annotator)
    assert set(totals) == {len(totals)}


def test_they_count_nowhere(study):
    """Boards, progress and agreement are those of the same answers without them."""
    rate_everything(AnnotatorFactory(study=study))
    rate_everything(AnnotatorFactory(study=study), "right")
    answered = Judgement.objects.filter(assignment__comparison__repeat=True).count()
    assert answered >= 10
    assert Judgement.objects.counted().count() == Judgement.objects.count() - answered == 24 * 2 * 2
    criteria = study.criteria.values_list("pk", flat=True)
    assert counted_votes([study]) == dict.fromkeys(criteria, 48)
    progress = study_progress(study)
    assert (progress.comparisons, progress.places, progress.rated) == (24, 48, 48)
    assert study_quality(study).criteria[0].agreement.n_votes == 48


def test_self_agreement_on_the_page(study):
    steady, left = AnnotatorFactory(study=study), AnnotatorFactory(study=study)
    while assignment := next_assignment(steady):
        answer(assignment, "a")
    again = [one for one in rate_everything(left) if one.comparison.purpose == "repeat"]
    quality = study_quality(study)
    mine, theirs = quality.annotators
    assert mine.repeats.hits == mine.repeats.n >= 3
    assert (theirs.repeats.hits, theirs.repeats.n) == (0, len(again))
    overall = quality.criteria[0].repeats
    assert (overall.hits, overall.n) == (mine.repeats.n, mine.repeats.n + len(again))
    assert from_values(study, as_values(quality)).criteria == quality.criteria
    html = researcher().get(reverse("study-quality", args=["s"])).content.decode()
    assert html.count("Same answer again") >= 2
    page = researcher().get(reverse("annotator", args=["s", steady.number])).content.decode()
    assert "Same answer again" in page


def test_the_page_says_nothing_of_them_in_a_study_without(study):
    Study.objects.update(repeat_every=0)
    rate_everything(AnnotatorFactory(study=Study.objects.get()))
    assert "Same answer again" not in researcher().get(reverse("study-quality", args=["s"])).content.decode()


def given_again(annotator):
    """Rate until a pair comes again."""
    while (assignment := next_assignment(annotator)).comparison.purpose != "repeat":
        answer(assignment, "a")
    return assignment


def test_a_lease_that_ran_out_gives_it_once_more_with_the_same_sides(study):
    annotator = AnnotatorFactory(study=study)
    assignment = given_again(annotator)
    return_expired(study, now=timezone.now() + timedelta(days=1))
    once_more = next_assignment(annotator)
    assert (once_more.pk, once_more.shown_left) == (assignment.pk, assignment.shown_left)


def test_it_can_be_skipped_and_taken_back(study):
    annotator = AnnotatorFactory(study=study)
    assignment = given_again(annotator)
    record_remark(annotator, NewRemark(assignment.token, "skip", "other", "", uuid.uuid4()))
    assert next_assignment(annotator).pk != assignment.pk
    assert undo(annotator, uuid.uuid4()).token == assignment.token
    answer(Assignment.objects.get(pk=assignment.pk), "b")
    assert undo(annotator, uuid.uuid4()).token == assignment.token
    assert Judgement.objects.filter(assignment=assignment).count() == 1
    assert study_quality(study).annotators[0].repeats is None


def refused(change, by=""):
    with pytest.raises(IntegrityError, match=by), transaction.atomic():
        change()


NOTHING = "repeat_is_of_a_rated_pair"


def test_the_database_refuses_repeats_of_nothing(study):
    annotator, other = AnnotatorFactory.create_batch(2, study=study)
    assignment = given_again(annotator)
    pair = assignment.comparison
    held = {"slot": 7, "lease_until": timezone.now()}
    # Of somebody who did not rate the pair.
    for side in "ab":
        given = {"comparison": pair, "annotator": other, "shown_left": side}
        refused(lambda given=given: Assignment.objects.create(**given, **held), NOTHING)
    # On the same side as before, or before the first answer.
    Assignment.objects.filter(pk=assignment.pk).delete()
    side = assignment.shown_left
    refused(
        lambda: Assignment.objects.create(
            comparison=pair, annotator=annotator, shown_left="ab".replace(side, ""), **held
        ),
        NOTHING,
    )
    first = annotator.assignments.get(comparison__summary_a=pair.summary_a, comparison__summary_b=pair.summary_b)
    Assignment.objects.filter(pk=first.pk).update(state="leased", lease_until=timezone.now())
    refused(lambda: Assignment.objects.create(comparison=pair, annotator=annotator, shown_left=side, **held), NOTHING)
    Assignment.objects.filter(pk=first.pk).update(state="done", lease_until=None)
    Assignment.objects.create(comparison=pair, annotator=annotator, shown_left=side, **held)


def test_the_database_keeps_repeats_apart_from_rating_pairs(study):
    pair = study.comparisons.first()
    refused(lambda: Comparison.objects.filter(pk=pair.pk).update(purpose="repeat", quota=EVERYBODY))
    refused(lambda: Comparison.objects.filter(pk=pair.pk).update(repeat=True))
    columns = {name: getattr(pair, name) for name in ("study", "document", "summary_a", "summary_b", "shuffle")}
    refused(lambda: Comparison.objects.create(**columns, purpose="repeat", repeat=True, quota=2))
    Comparison.objects.create(**columns, purpose="repeat", repeat=True, quota=EVERYBODY)
    refused(lambda: Comparison.objects.create(**columns, purpose="repeat", repeat=True, quota=EVERYBODY))
    refused(lambda: Comparison.objects.create(**columns, quota=2))
    refused(lambda: Study.objects.update(repeat_every=1))


def test_making_pairs_again_adds_none(study):
    from annotations.studies.pair_generation import build_comparisons

    rate_everything(AnnotatorFactory(study=study))
    assert build_comparisons(study) == 0
    assert study.comparisons.for_rating().count() == 24


@pytest.mark.parametrize("seed", range(3))
def test_repeats_follow_from_the_seed_and_the_person(study, seed):
    Study.objects.update(seed=seed, quota=9)
    Comparison.objects.update(quota=9)
    people = AnnotatorFactory.create_batch(2, study=Study.objects.get())
    random.seed(seed)
    came = [[texts(one) for one in rate_everything(who) if one.comparison.repeat] for who in people]
    assert came[0] != came[1]
