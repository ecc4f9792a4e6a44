"""A worker does not start with settings that no work can be done with."""

import pytest
from celery.signals import worker_init

from jobs.workers.checks import refuse_faulty_settings
from models_runner.checks import problem_of_limits


def test_a_worker_refuses_limits_that_nobody_can_keep_as_check_does(settings):
    settings.ENDPOINT_LIMITS = {"api.example.org": {"requests": 5}}
    with pytest.raises(SystemExit) as ended:
        refuse_faulty_settings()
    reason = str(ended.value)
    assert f"?: (models_runner.E001) {problem_of_limits(settings.ENDPOINT_LIMITS)}\n" in reason
    assert reason.startswith("SystemCheckError: System check identified some issues:")


def test_a_worker_starts_with_limits_that_can_be_kept(settings):
    settings.ENDPOINT_LIMITS = {"api.example.org": {"requests_at_once": 5}}
    refuse_faulty_settings()


def test_every_worker_makes_the_checks():
    assert refuse_faulty_settings in worker_init._live_receivers(None)
