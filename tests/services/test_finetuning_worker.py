"""A fine-tuning whose worker is killed goes on from its last checkpoint in the next one."""

import os
import signal

import pytest

from models_runner.finetune.lifecycle import cancel_finetuning, start_finetuning
from models_runner.models import FineTuning
from tests.factories import DatasetFactory, DocumentFactory, ReferenceFactory, SystemFactory
from tests.models_runner.checkpoints import saved_decoder
from tests.services.workers import empty_broker, wait_until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]

FAST = {"SWEEP_SECONDS": "1", "RESEND_SECONDS": "2", "OMP_NUM_THREADS": "1"}
# All that a training loads, once for the three workers.
LOADED = ["peft", "transformers.trainer", "transformers.models.llama.modeling_llama"]
STEPS = 3000


@pytest.fixture(autouse=True)
def _clean_broker():
    empty_broker()
    yield
    empty_broker()


@pytest.fixture
def job(tmp_path):
    from transformers import LlamaConfig

    dataset = DatasetFactory()
    for n in range(6):
        ReferenceFactory(document=DocumentFactory(dataset=dataset, external_id=f"m{n}"), text="we ship on friday .")
    base = SystemFactory(
        adapter="transformers", model_id=saved_decoder(tmp_path / "base", LlamaConfig), context_window=96,
        engine={"device": "cpu"},
    )  # fmt: skip
    settings = {"max_steps": STEPS, "evaluate_every": 20, "accumulation": 1, "learning_rate": 1e-4, "patience": 1000}
    return start_finetuning("tuned", base, dataset, instruction="medium", settings=settings)


def reached(job, step):
    job.refresh_from_db()
    assert job.status != FineTuning.Status.FAILED, job.failure_reason
    return job.step >= step


def test_a_killed_training_goes_on_a_worker_that_ends_saves_a_checkpoint_and_cancel_stops_it(job, tmp_path):
    """Three workers in turn, in one test."""
    with worker("generation", log=tmp_path / "first", loaded=LOADED, **FAST) as first:
        wait_until(lambda: reached(job, 45), what="two checkpoints")
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    job.refresh_from_db()
    killed_at = job.step
    assert job.status == FineTuning.Status.RUNNING
    with worker("generation", log=tmp_path / "second", loaded=LOADED, **FAST) as second:
        wait_until(lambda: reached(job, killed_at + 25), what="further steps")
        assert job.attempts == 2
        assert 20 <= job.environment["resumed_from_step"] <= killed_at
        second.terminate()
        assert second.wait(60) == 0
    job.refresh_from_db()
    stopped_at = job.step
    # To be told to end is no attempt that failed; that of the killed worker stays counted.
    assert (job.status, job.attempts, job.owner) == (FineTuning.Status.PENDING, 1, "")
    with worker("generation", log=tmp_path / "third", loaded=LOADED, **FAST):
        wait_until(lambda: reached(job, stopped_at + 1), what="further steps")
        assert job.environment["resumed_from_step"] == stopped_at
        steps = [entry["step"] for entry in job.log if "validation_loss" in entry]
        assert steps == sorted(set(steps))
        cancel_finetuning(job)
        stopped_at = job.step
        wait_until(lambda: "stopped" in (tmp_path / "third").read_text(), what="the worker lets go")
        job.refresh_from_db()
        assert job.step <= stopped_at + 1 < STEPS
        assert job.status == FineTuning.Status.CANCELLED
