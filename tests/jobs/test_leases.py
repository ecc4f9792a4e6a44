"""A leased row: claimed once, held until its lease ends, given up in the end."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.ownership import owner_id
from tests.jobs.models import Chore, Errand

pytestmark = pytest.mark.usefixtures("tables")

LEASE = timedelta(minutes=2)


def claim(job, owner="one", now=None):
    return type(job).objects.claim(job.pk, owner=owner, now=now or timezone.now(), lease=LEASE)


def state(job):
    job.refresh_from_db()
    return job.status, job.owner, job.attempts


def test_a_job_is_claimed_once():
    job = Errand.objects.create()
    assert claim(job, "one")
    assert not claim(job, "two")
    assert state(job) == ("running", "one", 1)


@pytest.mark.parametrize("status", ["done", "failed"])
def test_what_has_ended_is_claimed_no_more(status):
    job = Errand.objects.create(status=status, failure_reason="x" if status == "failed" else "")
    assert not claim(job)


def test_renewing_moves_the_end_of_the_lease_and_stores_progress():
    job = Errand.objects.create()
    claim(job, now=timezone.now() - timedelta(minutes=1))
    before = Errand.objects.get().lease_until
    assert Errand.objects.held_by("one").renew(LEASE, steps=7) == 1
    job.refresh_from_db()
    assert job.lease_until > before
    assert job.steps == 7


def test_results_of_a_lost_lease_are_not_stored():
    job = Errand.objects.create()
    claim(job, "one")
    held = Errand.objects.filter(pk=job.pk).held_by("one")
    Errand.objects.all().put_back()
    claim(job, "two")
    assert held.finish(steps=3) == held.renew(LEASE) == held.fail("late") == 0
    assert state(job) == ("running", "two", 2)
    assert job.steps == 0


def test_a_lease_that_ran_out_is_freed_and_a_running_one_is_not():
    late, held = Errand.objects.create(), Errand.objects.create()
    claim(late, "elsewhere/1:1:1:1", now=timezone.now() - timedelta(hours=1))
    claim(held, "elsewhere/1:1:1:1")
    assert Errand.objects.free_stale(timezone.now()) == 1
    assert state(late) == ("pending", "", 1)
    assert state(held)[0] == "running"


def test_what_this_process_holds_is_not_stale():
    claim(Errand.objects.create(), owner_id())
    assert Errand.objects.free_stale(timezone.now()) == 0


def test_what_an_ended_process_of_this_machine_held_is_free_at_once():
    machine = owner_id().partition(":")[0]
    job = Errand.objects.create()
    claim(job, f"{machine}:4194305:1:1")
    assert Errand.objects.free_stale(timezone.now()) == 1
    assert state(job) == ("pending", "", 1)


@pytest.mark.parametrize(("model", "most"), [(Errand, 5), (Chore, 2)])
def test_a_job_that_ends_its_worker_each_time_is_given_up(model, most):
    job, handed_out = model.objects.create(), 0
    while claim(job, "elsewhere/1:1:1:1", now=timezone.now() - timedelta(hours=1)):
        handed_out += 1
        model.objects.free_stale(timezone.now())
    assert handed_out == most
    assert state(job) == ("failed", "", most)
    assert job.failure_reason == model.WORKER_ENDED


def test_a_reopened_job_has_all_its_attempts_before_it():
    job = Errand.objects.create(status="failed", failure_reason="x", attempts=5)
    assert Errand.objects.filter(pk=job.pk).reopen() == 1
    assert state(job) == ("pending", "", 0)
    assert job.failure_reason == ""


def test_an_error_fails_a_job_at_once_or_after_its_attempts():
    errand, chore = Errand.objects.create(), Chore.objects.create()
    claim(errand), claim(chore)
    Errand.objects.held_by("one").fault("No such file.")
    Chore.objects.held_by("one").fault("No answer.")
    assert state(errand) == ("failed", "", 1)
    assert state(chore) == ("pending", "", 1)
    claim(chore)
    Chore.objects.held_by("one").fault("No answer again.")
    assert state(chore) == ("failed", "", 2)
    assert chore.failure_reason == "No answer again."


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "running"},
        {"status": "running", "owner": "one"},
        {"status": "pending", "owner": "one", "lease_until": timezone.now()},
        {"status": "done", "lease_until": timezone.now()},
        {"status": "failed"},
    ],
)
def test_the_database_refuses_a_lease_without_its_status_and_a_failure_without_reason(broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        Errand.objects.create(**broken)
