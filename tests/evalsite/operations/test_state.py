"""What an operator is told of the state: work, workers, runs and what is wrong."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from evalsite.operations import problems, state, work
from evalsite.operations.problems import problems_of
from evalsite.operations.reasons import kind_of, kinds_of
from evalsite.operations.state import site_state
from jobs.models import Leased, Worker
from models_runner.models import ScoringJob, Summary
from tests.factories import RunFactory, SummaryFactory, make_study

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LATER, EARLIER = NOW + timedelta(hours=1), NOW - timedelta(hours=1)


def work_of(kind):
    (row,) = [row for row in site_state().work if row.kind == kind]
    return row


@pytest.fixture
def summaries():
    """Two that wait, one that is written, one whose worker is gone, two that failed for one reason and one for another."""
    run = RunFactory(queued_at=EARLIER)
    held = {"status": "running", "owner": "elsewhere"}
    changes = [{}, {}, held | {"lease_until": LATER}, held | {"lease_until": EARLIER}]
    changes += [
        {"status": "failed", "failure_reason": reason}
        for reason in ("Out of memory on cpu", "Out of memory on cpu", "no")
    ]
    rows = SummaryFactory.create_batch(len(changes), run=run, status="pending", text="")
    for row, values in zip(rows, changes, strict=True):
        Summary.objects.filter(pk=row.pk).update(**values)
    return run


def test_work_is_counted_by_status(summaries):
    row = work_of("summary")
    assert (row.queue, row.waiting, row.running, row.failed, row.lapsed) == ("generation", 2, 2, 3, 1)
    assert row.failures == {"Out of memory on cpu": 2, "no": 1}
    assert row.waiting_since == EARLIER
    assert not row.is_empty


def test_work_without_a_time_of_its_own_has_waited_since_nobody_knows_when(summaries):
    ScoringJob.objects.create(run=summaries, metric="rouge")
    row = work_of("scoring job")
    assert (row.queue, row.waiting, row.waiting_since) == ("metrics", 1, None)


def test_every_kind_of_leased_work_has_a_label_and_a_queue():
    kinds = [model for model in apps.get_models() if issubclass(model, Leased)]
    assert {model.__name__ for model in kinds} == set(work.LABELS)
    assert {work.queue_of(model) for model in kinds} == set(state.QUEUES)


def test_a_worker_that_reports_no_longer_is_none(summaries):
    here = Worker.objects.create(owner="elsewhere/7:1:3:4", queues=["generation"], seen_at=timezone.now())
    assert here.place == "elsewhere:1"
    Worker.objects.create(owner="elsewhere:2:2", queues=["metrics", "default"], seen_at=EARLIER)
    assert site_state().workers_of_queues == {"generation": 1, "metrics": 0, "default": 0}


def test_open_runs_have_their_progress(summaries):
    RunFactory(status="done")
    (row,) = site_state().runs
    assert (row.run, row.progress.pending, row.progress.failed) == (summaries, 2, 3)


def texts():
    return [problem.text for problem in problems_of(site_state())]


def test_nothing_is_wrong_with_an_empty_site():
    assert texts() == []


def test_work_without_a_worker_and_work_that_is_held_for_nothing_are_problems(summaries):
    assert texts() == [
        "Work waits in the queue generation, and no worker takes it: 2.",
        "Workers hold work that they have stopped reporting on: 1.",
    ]
    Worker.objects.create(owner="elsewhere:1:1", queues=["generation"], seen_at=timezone.now())
    Summary.objects.filter(lease_until__lt=timezone.now()).update(lease_until=LATER)
    assert texts() == []


def test_what_is_not_ready_is_a_problem_with_advice(settings):
    settings.LEAST_FREE_BYTES = 10**18
    (problem,) = problems_of(site_state())
    assert (problem.text, problem.advice) == problems.PARTS["disk"]
    assert not problem.sweep


def test_a_data_folder_that_is_gone_has_no_size(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "gone"
    read = site_state()
    assert (read.disk_free, read.disk_total) == (0, 0)


def test_changes_of_tables_that_are_missing_are_a_problem():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'jobs'")
    assert texts() == ["Changes of the database's tables are missing: 1."]


def test_boards_of_open_studies_have_an_age():
    study, closed = make_study(), make_study(status="closed")
    for each in (study, closed):
        for moment in (EARLIER, NOW):
            each.board_snapshots.create(
                criterion=each.criteria.first(), seed=1, fingerprint=str(moment), settings={}, board={}, as_of=moment
            )
    make_study()
    assert site_state().boards == {study.slug: NOW}


@pytest.mark.once("reads no row")
@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (Summary.WORKER_ENDED, "the worker ended"),
        ("Out of memory on cpu: one prompt of 9 tokens", "out of memory"),
        ("The disk is full", "full disk"),
        ("The database refused the summary. x", "refused by the database"),
        ("The system could not be loaded: no", "not loaded"),
        ("The endpoint answered 500 (given up after 5 attempts)", "endpoint"),
        ("Whatever (given up after 5 attempts)", "too many attempts"),
        ("KeyError: 'x'", "other reasons"),
    ],
)
def test_reasons_have_kinds(reason, kind):
    assert kind_of(reason) == kind


@pytest.mark.once("reads no row")
def test_failures_of_a_kind_add_up():
    assert kinds_of([("The disk is full", 2), ("x", 1), ("No space left on device", 3)]) == {
        "full disk": 5,
        "other reasons": 1,
    }
