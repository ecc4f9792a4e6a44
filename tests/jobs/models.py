"""A kind of job that only tests have; its table is made by the fixture of conftest."""

from django.db import models

from jobs.models import LeasedJob, LeasedJobQuerySet, lease_constraints


class Errand(LeasedJob):
    TASK = "tests.errand"
    WORKER_ENDED = "The worker ended while it ran this errand."

    steps = models.PositiveIntegerField(default=0)

    objects = LeasedJobQuerySet.as_manager()

    class Meta:
        app_label = "jobs_of_tests"
        constraints = lease_constraints("errand")


class Chore(LeasedJob):
    """One whose errors may pass, and which is given up sooner."""

    TASK = "tests.chore"
    FAULTS_MAY_PASS = True
    MAX_ATTEMPTS = 2

    objects = LeasedJobQuerySet.as_manager()

    class Meta:
        app_label = "jobs_of_tests"
        constraints = lease_constraints("chore")
