"""Places held while a page is open, and the pair fetched ahead."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.models import Assignment, Study
from annotations.rating.assignment import next_assignment, prefetch
from annotations.rating.leases import leave, renew, return_expired
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def annotator():
    return AnnotatorFactory(study=make_study(systems=3, documents=3, quota=1))


def test_an_open_page_keeps_its_places(annotator):
    shown = next_assignment(annotator)
    ahead = prefetch(annotator, shown.token)
    for minutes in range(10, 200, 10):
        assert renew(annotator, now=timezone.now() + timedelta(minutes=minutes)) == 2
        assert return_expired(annotator.study, now=timezone.now() + timedelta(minutes=minutes)) == 0
    assert set(Assignment.objects.filter(state="leased")) == {shown, ahead}


def test_a_closed_page_loses_both(annotator):
    prefetch(annotator, next_assignment(annotator).token)
    assert return_expired(annotator.study, now=timezone.now() + timedelta(days=1)) == 2
    assert not annotator.study.comparisons.filter(taken__gt=0).exists()


def test_the_pair_fetched_ahead_is_the_one_that_comes(annotator):
    shown = next_assignment(annotator)
    ahead = prefetch(annotator, shown.token)
    assert ahead.comparison.document_id == shown.comparison.document_id
    assert prefetch(annotator, shown.token).pk == ahead.pk
    assert next_assignment(annotator).pk == shown.pk
    vote_on(shown, "left")
    assert next_assignment(annotator).pk == ahead.pk


def test_nothing_is_fetched_ahead_where_places_are_few():
    """Two people, two places: each gets one."""
    study = make_study(systems=2, documents=2, quota=1)
    first, second = AnnotatorFactory.create_batch(2, study=study)
    shown = next_assignment(first)
    assert prefetch(first, shown.token) is None
    assert next_assignment(second) is not None


def test_nothing_is_fetched_ahead_for_whom_there_is_no_work(annotator):
    shown = next_assignment(annotator)
    leave(annotator)
    assert prefetch(annotator, shown.token) is None
    other = AnnotatorFactory(study=annotator.study)
    shown = next_assignment(other)
    Study.objects.update(status="paused")
    other.study.refresh_from_db()
    assert prefetch(other, shown.token) is None


def test_a_lapsed_place_is_not_renewed(annotator):
    next_assignment(annotator)
    later = timezone.now() + timedelta(days=1)
    return_expired(annotator.study, now=later)
    assert renew(annotator, now=later) == 0
