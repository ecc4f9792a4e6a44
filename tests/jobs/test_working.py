"""Doing a claimed job: kept while it lasts, ended with its result or with a reason."""

import time

import pytest

from jobs.working import LeaseLostError, work_on
from tests.jobs.models import Chore, Errand

pytestmark = pytest.mark.usefixtures("tables")


def finishing(job, held):
    assert held.finish() == 1
    return "ran"


def test_a_job_is_done_once():
    job = Errand.objects.create()
    assert work_on(Errand.objects.all(), job.pk, finishing, owner="one") == f"errand {job.pk}: ran"
    assert "held elsewhere" in work_on(Errand.objects.all(), job.pk, finishing, owner="two")
    job.refresh_from_db()
    assert (job.status, job.owner, job.attempts) == ("done", "", 1)


def test_a_job_that_is_gone_is_a_normal_outcome():
    assert work_on(Errand.objects.all(), 999, finishing, owner="one") == "errand 999: held elsewhere, finished or gone"


@pytest.mark.parametrize(
    ("error", "reason"), [(ValueError("No such metric."), "No such metric."), (KeyError(), "KeyError")]
)
def test_an_error_is_stored_as_the_reason(error, reason):
    def raising(job, held):
        raise error

    job = Errand.objects.create()
    work_on(Errand.objects.all(), job.pk, raising, owner="one")
    job.refresh_from_db()
    assert (job.status, job.failure_reason) == ("failed", reason)


def test_an_error_that_may_pass_leaves_another_attempt():
    def raising(job, held):
        raise OSError(28, "No space left on device")

    job = Chore.objects.create()
    work_on(Chore.objects.all(), job.pk, raising, owner="one")
    job.refresh_from_db()
    assert job.status == "pending"
    assert "The disk is full" in job.failure_reason


def test_a_job_that_was_taken_away_keeps_what_the_other_says():
    def losing(job, held):
        Errand.objects.all().fail("cancelled")
        if not held.finish():
            raise LeaseLostError
        return ""

    job = Errand.objects.create()
    assert work_on(Errand.objects.all(), job.pk, losing, owner="one").endswith("held no more")
    job.refresh_from_db()
    assert (job.status, job.failure_reason) == ("failed", "cancelled")


@pytest.mark.django_db(transaction=True)
def test_progress_is_stored_while_it_works():
    # Each thread has a connection of its own, so what one stores the other must find in the database.
    def working(job, held):
        end = time.monotonic() + 30
        while not held.filter(steps=7).exists():
            assert time.monotonic() < end, "no progress was stored"
            time.sleep(0.01)
        held.finish()
        return "ran"

    job = Errand.objects.create()
    try:
        done = work_on(Errand.objects.all(), job.pk, working, owner="one", progress=lambda: {"steps": 7}, every=0.01)
        assert done == f"errand {job.pk}: ran"
    finally:
        Errand.objects.all().delete()  # the flush after a transactional test knows the site's own tables alone
