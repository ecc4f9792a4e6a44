"""What goes wrong in a training, or is asked for wrongly."""
# ruff: noqa: F811  (fixtures)

import pytest
from django.db import IntegrityError, transaction

from models_runner.finetune import lifecycle as finetune
from models_runner.finetune.job import folder_of
from models_runner.finetune.training import last_checkpoint
from models_runner.models import FineTuning, System
from tests.factories import SystemFactory
from tests.models_runner.finetune.training import (  # noqa: F401  (fixtures)
    QUICK,
    _here,
    base,
    dataset,
    llama,
    losses,
    started,
    worked,
)

# tests/services/test_finetuning_worker.py trains on PostgreSQL.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_fault_fails_the_job_with_its_reason(llama, dataset):
    job = started(base(llama), dataset, settings=QUICK | {"max_tokens": 3})
    worked(job)
    assert job.status == FineTuning.Status.FAILED
    assert "leaves no room" in job.failure_reason
    assert not System.objects.filter(slug="tuned").exists()


def test_a_job_that_ends_its_worker_again_and_again_is_given_up(llama, dataset):
    job = started(base(llama), dataset)
    FineTuning.objects.update(attempts=5)
    worked(job)
    assert job.status == FineTuning.Status.FAILED
    assert "5 times" in job.failure_reason


@pytest.fixture
def broken_steps(monkeypatch):
    """Makes the gradient of these optimizer steps, counted from 0, NaN: what an overflow does."""
    from transformers import Trainer

    steps, original = set(), Trainer._clip_grad_norm

    def clip(trainer, model):
        if trainer.state.global_step in steps:
            for weights in model.parameters():
                if weights.grad is not None:
                    weights.grad.fill_(float("nan"))
        return original(trainer, model)

    monkeypatch.setattr(Trainer, "_clip_grad_norm", clip)
    return steps


def weights_of(job):
    from safetensors.torch import load_file

    return load_file(next((folder_of(job) / "weights").glob("*.safetensors")))


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_step_whose_gradient_is_no_number_changes_nothing(llama, dataset, method, broken_steps):
    broken_steps.add(2)
    job = worked(started(base(llama), dataset, method=method))
    assert (job.status, job.environment["skipped_steps"], job.step) == (FineTuning.Status.DONE, 1, 6)
    assert all(weights.isfinite().all() for weights in weights_of(job).values())
    assert losses(job, "validation_loss")[-1] < losses(job, "validation_loss")[0]


def test_a_training_that_stays_no_number_says_what_to_try(llama, dataset, broken_steps):
    broken_steps.update(range(4, 30))
    job = worked(started(base(llama), dataset, settings=QUICK | {"max_steps": 30}))
    assert job.status == FineTuning.Status.FAILED
    assert job.failure_reason.startswith("The loss was no number in 10 steps running, up to step 13")
    assert "learning rate below 0.01" in job.failure_reason
    assert not System.objects.filter(slug="tuned").exists()
    assert last_checkpoint(folder_of(job) / "checkpoints").endswith("checkpoint-12")
    broken_steps.clear()
    finetune.resume_finetuning(job)
    assert worked(job).status == FineTuning.Status.DONE


def test_a_loss_that_is_no_number_is_left_out_of_the_curve():
    from models_runner.finetune.training import loss_log

    history = [{"step": 1, "loss": 2.0}, {"step": 2, "loss": float("nan")}, {"step": 2, "eval_loss": float("inf")}]
    assert loss_log(history) == [{"step": 1, "loss": 2.0}]


def test_a_weight_that_is_no_number_ends_the_training_and_not_the_record(llama, dataset, monkeypatch):
    """Losses are NaN from the start, in training and in validation: nothing of it may reach the database."""
    from models_runner.finetune import training

    def spoiled(engine, settings, original=training._with_lora):
        model = original(engine, settings)
        next(model.parameters()).data.fill_(float("nan"))
        return model

    monkeypatch.setattr(training, "_with_lora", spoiled)
    job = worked(started(base(llama), dataset, settings=QUICK | {"max_steps": 12}))
    assert (job.status, job.log) == (FineTuning.Status.FAILED, [])
    assert job.failure_reason.startswith("The loss was no number in 10 steps running, up to step 9")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "lead-3"}, "is taken"),
        ({"name": "no name"}, "is no name for a system"),
        ({"validation_split": "train"}, "both split 'train'"),
        ({"split": "nowhere"}, "0 documents to learn from"),
        ({"instruction": "query"}, "0 documents to learn from"),
        ({"settings": {"max_steps": -1}}, "max_steps is -1"),
        ({"settings": {"rank": 0}}, "rank is 0"),
        ({"settings": {"steps": 3}}, "no setting 'steps'"),
        ({"settings": {"epochs": "many"}}, "epochs is 'many'"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named_and_nothing_starts(llama, dataset, options, message):
    with pytest.raises(finetune.FineTuningError, match=message):
        started(base(llama), dataset, **options)
    assert not FineTuning.objects.exists()


def test_a_baseline_has_no_weights_to_train(dataset):
    with pytest.raises(finetune.FineTuningError, match="no weights to train"):
        started(SystemFactory(adapter="extractive"), dataset)


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "failed", "failure_reason": ""},
        {"status": "running", "owner": "", "lease_until": None},
        {"status": "done", "system": None},
    ],
    ids=lambda values: values["status"],
)
def test_the_database_refuses_a_state_that_says_nothing(llama, dataset, broken):
    job = started(base(llama), dataset)
    with pytest.raises(IntegrityError), transaction.atomic():
        FineTuning.objects.filter(pk=job.pk).update(**broken)
