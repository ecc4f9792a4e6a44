from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from annotations.models import Assignment, Study
from annotations.rating.assignment import has_work, next_assignment
from annotations.rating.leases import leave, return_expired
from tests.annotations.helpers import rate_everything, vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db

MUCH_LATER = timedelta(days=2)


def test_an_open_assignment_is_given_again_with_a_new_lease():
    annotator = AnnotatorFactory(study=make_study())
    first = next_assignment(annotator)
    later = timezone.now() + timedelta(minutes=10)
    again = next_assignment(annotator, now=later)
    assert again.pk == first.pk
    again.refresh_from_db()
    assert again.lease_until > first.lease_until


def test_an_annotator_gets_every_comparison_once():
    study = make_study(systems=3, documents=3)
    annotator = AnnotatorFactory(study=study)
    rated = rate_everything(annotator)
    assert len(rated) == len(set(rated)) == study.comparisons.count() == 9
    assert not has_work(annotator)


def test_work_comes_document_by_document():
    annotator = AnnotatorFactory(study=make_study(systems=3, documents=3))
    documents = [assignment.comparison.document_id for assignment in rate_everything(annotator)]
    changes = sum(a != b for a, b in pairwise(documents))
    assert changes == 2


def test_no_comparison_gets_more_annotators_than_its_quota():
    study = make_study(systems=2, documents=2, quota=2)
    counts = [len(rate_everything(AnnotatorFactory(study=study))) for _ in range(3)]
    assert counts == [2, 2, 0]


def test_leases_count_towards_the_quota():
    study = make_study(systems=2, documents=1, quota=1)
    holder, waiting = AnnotatorFactory.create_batch(2, study=study)
    assert next_assignment(holder)
    assert next_assignment(waiting) is None
    assert has_work(waiting)  # the place may come back


def test_an_abandoned_lease_returns_to_the_pool():
    study = make_study(systems=2, documents=1, quota=1)
    holder, waiting = AnnotatorFactory.create_batch(2, study=study)
    abandoned = next_assignment(holder)
    taken_over = next_assignment(waiting, now=timezone.now() + MUCH_LATER)
    abandoned.refresh_from_db()
    assert (abandoned.state, abandoned.slot) == (Assignment.State.EXPIRED, None)
    assert taken_over.comparison == abandoned.comparison
    assert study.comparisons.get().taken == 1


def test_who_lost_a_lease_takes_the_same_assignment_up_again():
    study = make_study(systems=2, documents=1, quota=1)
    holder = AnnotatorFactory(study=study)
    lost = next_assignment(holder)
    later = timezone.now() + MUCH_LATER
    assert return_expired(study, now=later) == 1
    again = next_assignment(holder, now=later)
    assert (again.pk, again.token, again.shown_left) == (lost.pk, lost.token, lost.shown_left)


def test_annotators_spread_over_documents():
    study = make_study(systems=2, documents=4, quota=4)
    annotators = AnnotatorFactory.create_batch(4, study=study)
    documents = {next_assignment(annotator).comparison.document_id for annotator in annotators}
    assert len(documents) == 4


@pytest.mark.parametrize("status", [Study.Status.DRAFT, Study.Status.PAUSED, Study.Status.CLOSED])
def test_a_study_that_is_not_open_gives_no_work(status):
    annotator = AnnotatorFactory(study=make_study(status=status))
    assert next_assignment(annotator) is None


def test_who_leaves_gives_held_places_back():
    study = make_study(systems=2, documents=1, quota=1)
    holder = AnnotatorFactory(study=study)
    next_assignment(holder)
    leave(holder)
    assert study.comparisons.get().taken == 0
    assert next_assignment(holder) is None
    assert not has_work(holder)


def test_a_half_answered_assignment_stays_open():
    annotator = AnnotatorFactory(study=make_study(criteria=("overall", "fluency")))
    first = next_assignment(annotator)
    vote_on(first, "left", criterion="overall")
    assert next_assignment(annotator).pk == first.pk
    vote_on(first, "left", criterion="fluency")
    assert next_assignment(annotator).pk != first.pk


def test_next_takes_few_queries(django_assert_max_num_queries):
    annotator = AnnotatorFactory(study=make_study(systems=4, documents=10))
    vote_on(next_assignment(annotator), "left")
    # held and last document, open comparisons (2), savepoint, place, who has the others, sides, made, release
    with django_assert_max_num_queries(9):
        assert next_assignment(annotator)
