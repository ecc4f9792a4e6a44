"""Doing a claimed job: kept while it lasts, ended with its result or with a reason."""

import time
from types import SimpleNamespace

import pytest

from jobs.sweeper import sweep_jobs
from jobs.working import LeaseLostError, work_on
from lib.storage.bucket import StorageError, StorageGoneError
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


NO_SPACE = OSError(28, "No space left on device")
GONE = StorageGoneError("The object storage does not answer.")
REFUSED = StorageError("The object storage refused.")


@pytest.mark.parametrize(
    ("error", "room", "before", "then"),
    [
        (NO_SPACE, 0, 4, ("pending", 4)),  # nothing that the job did: no attempt counts, however often
        (GONE, 10**9, 4, ("pending", 4)),
        (NO_SPACE, 10**9, 0, ("pending", 1)),  # there is room without it: what fills the disk itself comes to an end
        (NO_SPACE, 10**9, 4, ("failed", 5)),
        (REFUSED, 10**9, 0, ("failed", 1)),
    ],
)
def test_a_job_waits_for_space_and_for_storage(error, room, before, then, monkeypatch, settings):
    def raising(job, held):
        raise RuntimeError("It could not be written.") from error

    settings.LEAST_FREE_BYTES = 10**8
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=room))
    job = Errand.objects.create(attempts=before)
    work_on(Errand.objects.all(), job.pk, raising, owner="one")
    job.refresh_from_db()
    assert (job.status, job.attempts, job.owner) == (*then, "")
    assert job.failure_reason
    # The next sweep leaves it alone, a later one announces it.
    assert [sweep_jobs(Errand).announced, sweep_jobs(Errand, starting=True).announced] == [0, then[0] == "pending"]


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
