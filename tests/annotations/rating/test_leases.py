"""Places held while a page is open, and the pair fetched ahead."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.models import Assignment, Study
from annotations.rating import queries
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


def test_a_lease_that_ran_out_keeps_nobody_from_fetching_ahead():
    """Of four places two are free, and one of the other two goes to whoever asks for it."""
    study = make_study(systems=2, documents=4, quota=1)
    first, second = AnnotatorFactory.create_batch(2, study=study)
    shown = next_assignment(first)
    held = next_assignment(second)
    assert prefetch(first, shown.token) is None
    Assignment.objects.filter(pk=held.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert prefetch(first, shown.token) is not None


@pytest.mark.parametrize(("documents", "counted"), [(8, False), (7, True)])
def test_leases_are_counted_only_where_places_could_be_too_few(documents, counted, monkeypatch):
    """Three people hold six pairs at most, and one place is taken."""
    study = make_study(systems=2, documents=documents, quota=1)
    first, *_ = AnnotatorFactory.create_batch(3, study=study)
    shown = next_assignment(first)
    asked, number_held = [], queries.number_held
    monkeypatch.setattr(queries, "number_held", lambda *values: asked.append(values) or number_held(*values))
    assert prefetch(first, shown.token) is not None
    assert bool(asked) is counted


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
