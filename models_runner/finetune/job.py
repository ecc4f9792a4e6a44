"""Work on a fine-tuning: claim it, train under a lease, and create the new system."""

import shutil
import time
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.workers.draining import WorkerEndingError, worker_is_ending
from jobs.working import LeaseLostError, work_on
from models_runner.adapters.hf import TransformersEngine
from models_runner.adapters.protocol import AdapterError, SystemSpec
from models_runner.adapters.registry import unload_all
from models_runner.adapters.weights import FINETUNED, file_revision, finetuned_weights, is_gguf
from models_runner.finetune.examples import training_examples
from models_runner.finetune.options import Settings
from models_runner.finetune.training import (
    Trained,
    TrainingPaused,
    TrainingStopped,
    last_checkpoint,
    save_weights,
    train_model,
)
from models_runner.finetune.training_pairs import training_pairs
from models_runner.models import FineTuning, Regime, System, TrainedDocument
from models_runner.models.finetunings import FineTuningQuerySet
from models_runner.runs.machine.energy import EnergyMeter
from models_runner.runs.machine.record import machine_record
from models_runner.runs.requests import adapter_spec

# Engine and decoding settings of the base that mean the same for the new system.
KEPT_ENGINE = ("batch_size", "device", "dtype", "threads")
KEPT_DECODING = ("max_tokens", "temperature", "seed")


def folder_of(job: FineTuning) -> Path:
    """Return where the job writes: checkpoints, which stay on this machine, and weights, which all workers get."""
    return finetuned_weights(job.name).path.parent


def work_on_finetuning(pk: int, *, owner: str) -> str:
    """Train from the last checkpoint to the end; return a line for the log. Calling it twice is harmless."""
    jobs = FineTuning.objects.select_related("base", "dataset")
    return work_on(jobs, pk, _do, owner=owner, explain=_explained)


def _do(job: FineTuning, held: FineTuningQuerySet) -> str:
    try:
        return f"system {_train(job, held).slug}"
    except TrainingStopped as error:
        raise LeaseLostError from error
    except TrainingPaused as error:
        raise WorkerEndingError from error
    finally:
        unload_all()


def _explained(error: Exception) -> str:
    if isinstance(error, AdapterError):
        return str(error)
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        return f"{text[:300]}. Use fewer max_tokens, LoRA, or a machine with more memory; then resume."
    return text[:1000]


def _train(job: FineTuning, held: FineTuningQuerySet) -> System:
    unload_all()  # frees the memory of systems that wrote summaries before
    started, meter = time.monotonic(), EnergyMeter()
    spec, settings = _spec(job), Settings(**job.settings)
    engine = TransformersEngine(spec)
    window = settings.max_tokens or engine.window
    pairs = {role: training_pairs(job, role) for role in TrainedDocument.Role.values}
    train_on, watch = (training_examples(engine, spec, pairs[role], window) for role in ("train", "validation"))
    environment = _environment(job, engine, window, len(train_on), len(watch))
    folder = folder_of(job)
    _note_start(held, environment, last_checkpoint(folder / "checkpoints"))
    parameters = engine.model.num_parameters()

    def report(step: int, total: int, log: list[dict[str, float]] | None) -> bool:
        return bool(held.update(step=step, total_steps=total, **({"log": log} if log is not None else {})))

    trained = train_model(
        engine, job.method, settings, train_on, watch, folder / "checkpoints", report, worker_is_ending
    )
    _save(job, engine)
    environment |= {
        "energy_joules": meter.joules(),
        "seconds": round(time.monotonic() - started, 1),
        "peak_memory_bytes": engine.peak_memory_bytes(),
        "best_step": trained.best_step,
        "skipped_steps": trained.skipped,
    }
    system = _finish(job, held, trained, environment, parameters)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return system


def _save(job: FineTuning, engine: TransformersEngine) -> None:
    """Save the weights, and hand them to all workers."""
    weights = finetuned_weights(job.name)
    # Matrices of their own would later be loaded onto the base of the adapter that this training began with.
    merge = is_gguf(job.base.model_id) or engine.is_adapter
    save_weights(engine, job.method, merge=merge, folder=weights.path)
    weights.keep(with_copy=True)


def _note_start(held: FineTuningQuerySet, environment: dict[str, Any], checkpoint: str | None) -> None:
    """Store what the job runs on, and the step that it resumes from."""
    if checkpoint:
        environment["resumed_from_step"] = int(checkpoint.rpartition("-")[2])
    held.filter(started_at=None).update(started_at=timezone.now())
    held.update(environment=environment)


def _spec(job: FineTuning) -> SystemSpec:
    """Describe the base as it is loaded for training: in full precision, except for LoRA on a GPU."""
    spec = adapter_spec(job.base)
    engine: dict[str, Any] = {name: spec.engine[name] for name in ("device", "threads") if name in spec.engine}
    if job.method == FineTuning.Method.FULL:
        engine["dtype"] = "float32"
    return SystemSpec(
        slug=spec.slug,
        model_id=spec.model_id,
        revision=spec.revision,
        context_window=spec.context_window,
        prompt_template=spec.prompt_template,
        long_input=spec.long_input,
        engine=engine,
    )


def _environment(job: FineTuning, engine: TransformersEngine, window: int, train: int, watch: int) -> dict[str, Any]:
    from importlib.metadata import version

    return {
        "base": job.base.spec(),
        "weights": engine.revision,
        "adapter": engine.environment() | {"peft": version("peft")},
        "window": window,
        "examples": train,
        "validation_examples": watch,
        "machine": machine_record(),
    }


def _finish(
    job: FineTuning, held: FineTuningQuerySet, trained: Trained, environment: dict[str, Any], parameters: int
) -> System:
    """Create the new system and end the job, together. Raises TrainingStopped if another worker has the job now."""
    with transaction.atomic():
        system = System.objects.create(**_system(job, trained, environment, parameters))
        if not held.finish(system=system, step=trained.steps, log=trained.log, environment=environment):
            transaction.set_rollback(True)
            raise TrainingStopped
    return system


def _system(job: FineTuning, trained: Trained, environment: dict[str, Any], parameters: int) -> dict[str, Any]:
    base, weights = job.base, folder_of(job) / "weights"
    same_engine = base.adapter == "transformers"
    return {
        "slug": job.name,
        "name": f"{base.name}, fine-tuned on {job.dataset.name}",
        "adapter": "transformers",
        "model_id": FINETUNED + job.name,
        "revision": file_revision(sorted(weights.glob("*.safetensors"))[0]),
        "regime": Regime.FINE_TUNED,
        "parameters": base.parameters or parameters,
        "context_window": base.context_window,
        "prompt_template": base.prompt_template,
        # Settings differ between engines: a repetition penalty, for example, covers the last 64 tokens in llama.cpp
        # and the whole prompt in transformers.
        "decoding": {n: v for n, v in base.decoding.items() if same_engine or n in KEPT_DECODING},
        "long_input": base.long_input,
        "engine": {n: v for n, v in base.engine.items() if n in KEPT_ENGINE},
        "base": base,
        "licence": base.licence,
        "about": (
            f"Fine-tuned from {base.slug} ({FineTuning.Method(job.method).label}) on {environment['examples']} "
            f"examples of {job.dataset.name}, split {job.split or 'any'}, instruction {job.instruction}; "
            f"weights of step {trained.best_step} of {trained.steps}."
        ),
    }
