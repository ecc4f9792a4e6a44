"""The quality page of a study of many votes: from a snapshot that a worker makes, who counts always as it is."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from annotations.gold.items import switch
from annotations.models import Assignment, QualitySnapshot
from annotations.quality import snapshots
from annotations.quality.exclusion import exclude, include
from annotations.quality.report import study_quality
from annotations.quality.serialization import as_values, from_values
from annotations.quality.snapshots import served_quality, work_on_snapshot
from annotations.rating.assignment import take_comparison
from annotations.rating.remarks import NewRemark, record_remark
from annotations.studies import change_marker
from tests.annotations.helpers import answer, make_gold
from tests.annotations.quality.test_report import rate
from tests.factories import AnnotatorFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    """Three who rate everything, a gold pair among it, and one who skips a pair."""
    study = make_study(systems=3, documents=4, quota=4, criteria=("overall", "fluency"), slug="s", gold_every=2)
    pairs = list(study.comparisons.order_by("pk"))
    make_gold(pairs[0])
    study.refresh_from_db()
    for outcome in ("a", "a", "b", "tie"):
        annotator = AnnotatorFactory(study=study)
        for comparison in pairs:
            answer(take_comparison(annotator, comparison.pk, timezone.now()), outcome)
    skipped = annotator.assignments.get(comparison=pairs[-1])
    skipped.judgements.all().delete()
    Assignment.objects.filter(pk=skipped.pk).update(state="skipped", slot=None, completed_at=None)
    return study


@pytest.fixture
def many(study, settings, monkeypatch):
    """The study counts as a large one. Returns what workers were told."""
    settings.BOARD_IN_REQUEST_VOTES = 10
    monkeypatch.setattr(change_marker, "SETTLE_SECONDS", -1)
    told = []
    monkeypatch.setattr("jobs.messages.send", lambda task, pk, delay=None: told.append(pk))
    return told


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(transaction, "on_commit", lambda call: call())


def page():
    return researcher().get(reverse("study-quality", args=["s"])).content.decode()


def test_figures_are_the_same_after_they_were_stored(study):
    quality = study_quality(study)
    stored = json.loads(json.dumps(as_values(quality), allow_nan=False))
    assert from_values(study, stored) == quality
    assert quality.annotators[0].gold.accuracy.n == 1
    assert quality.annotators[3].skipped == 1
    exclude(study.annotators.first(), "Clicks.", None)
    without = study_quality(study)
    assert from_values(study, json.loads(json.dumps(as_values(without), allow_nan=False))) == without


def test_a_small_study_is_computed_on_the_spot(study):
    assert served_quality(study).quality == study_quality(study)
    assert not QualitySnapshot.objects.exists()


def test_a_large_study_waits_for_a_worker_and_is_served_then(study, many):
    first = page()
    assert "being computed for the first time" in first
    assert all(one.pseudonym in first for one in study.annotators.all())
    assert "no gold items answered yet" not in first  # nobody knows yet
    assert '<td class="number" data-label="Rated">—</td>' in first
    assert many == [study.quality_snapshot.pk]
    assert make_snapshot(study).endswith("study s, computed")
    served = served_quality(study)
    assert (served.quality, served.job) == (study_quality(study), None)
    assert ">Reload</a>" not in page()
    assert make_snapshot(study).endswith("study s, as it is")
    assert many == [study.quality_snapshot.pk]


def test_who_is_left_out_is_seen_at_once(study, many):
    make_snapshot_of(study)
    first = study.annotators.first()
    exclude(first, "Clicks.", None)
    served = served_quality(study)
    row = served.quality.annotators[0]
    assert (row.annotator.exclusion_reason, row.agreement, row.left_wins, row.speed) == ("Clicks.", None, None, None)
    assert served.quality.annotators[1].agreement is not None
    html = page()
    assert "No: Clicks." in html
    assert "Votes or exclusions have changed since" in html
    make_snapshot(study)
    assert (served_quality(study).quality, served_quality(study).job) == (study_quality(study), None)
    include(first, None)
    assert served_quality(study).job is not None
    make_snapshot(study)
    assert served_quality(study).quality.annotators[0].agreement is not None


def make_snapshot(study):
    """As a worker does, however soon after the last time."""
    QualitySnapshot.objects.filter(study=study).put_back()
    return work_on_snapshot(QualitySnapshot.objects.get(study=study).pk, owner="w")


def make_snapshot_of(study):
    served_quality(study)
    make_snapshot(study)
    assert served_quality(study).job is None


@pytest.mark.parametrize("change", ["vote", "exclude", "gold", "remark"])
def test_whatever_changes_the_figures_asks_for_new_ones(study, many, change):
    if change == "remark":
        study.comments = "required"
        study.save()
    make_snapshot_of(study)
    if change == "vote":
        study.comparisons.for_rating().update(quota=5)
        rate(AnnotatorFactory(study=study), "b")
    elif change == "exclude":
        exclude(study.annotators.first(), "Clicks.", None)
    elif change == "gold":
        switch(study.comparisons.get(purpose="gold").control_item, on=False, by=None)
    else:
        done = study.annotators.first().assignments.first()
        record_remark(done.annotator, NewRemark(done.token, "comment", "", "Odd.", done.token))
    assert served_quality(study).job is not None


def test_workers_are_told_once_in_a_while(study, many, settings):
    page()
    page()
    assert many == [study.quality_snapshot.pk]
    QualitySnapshot.objects.update(asked_at=timezone.now() - timedelta(seconds=settings.BOARD_DEBOUNCE_SECONDS + 1))
    page()
    assert many == [study.quality_snapshot.pk] * 2


def test_workers_are_told_though_the_clock_was_put_back(study, many):
    page()
    QualitySnapshot.objects.update(asked_at=timezone.now() + timedelta(hours=1))
    page()
    assert many == [study.quality_snapshot.pk] * 2


def test_a_failure_is_told_and_forgotten_with_the_next_success(study, many, monkeypatch):
    page()

    def fail(study):
        raise MemoryError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(snapshots, "study_quality", fail)
        make_snapshot(study)
    assert "The last attempt failed: no room" in page()
    make_snapshot(study)
    assert "failed" not in page()


def test_serving_reads_no_votes(study, many, django_assert_max_num_queries):
    make_snapshot_of(study)
    # small or not; snapshot; skipped, criteria, annotators; state: criteria, an answer each (2), history, held, remarks
    with django_assert_max_num_queries(11):
        served_quality(study)


def test_a_snapshot_is_whole_or_none(study):
    snapshot = QualitySnapshot.objects.create(study=study)
    for half in (
        {"values": {}},
        {"as_of": timezone.now()},
        {"staleness_key": "x"},
        {"values": {}, "as_of": timezone.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            QualitySnapshot.objects.filter(pk=snapshot.pk).update(**half)
    with pytest.raises(IntegrityError), transaction.atomic():
        QualitySnapshot.objects.create(study=study)
