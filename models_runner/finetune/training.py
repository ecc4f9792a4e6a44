"""Train with transformers' Trainer and checkpoints, either LoRA by peft or all weights, without a database."""

import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from models_runner.adapters.hf import TransformersEngine
from models_runner.finetune.diverging import skip_broken_steps
from models_runner.finetune.options import Settings

STATE = "trainer_state.json"
LEARNING_RATES = {"lora": 2e-4, "full": 5e-5}
LOG_POINTS = 200


class TrainingStopped(Exception):
    """The job was cancelled or given to another worker; its checkpoints stay."""


class TrainingPaused(Exception):
    """The worker ends; a checkpoint of the last step was saved."""


class Report(Protocol):
    def __call__(self, step: int, total: int, log: list[dict[str, float]] | None) -> bool:
        """Store how far training is; return False if it must stop."""


@dataclass(frozen=True)
class Trained:
    """The result of a training.

    Attributes:
        best_step: The step whose weights were kept.
        steps: Steps in total, including those before an interruption.
        skipped: Steps since the last start that changed nothing because their gradient was not finite.
        log: The losses, as loss_log returns them.
    """

    best_step: int
    steps: int
    skipped: int
    log: list[dict[str, float]]


Examples = Sequence[dict[str, list[int]]]


def train_model(
    engine: TransformersEngine,
    method: str,
    settings: Settings,
    training: Examples,
    validation: Examples,
    checkpoints: Path,
    report: Report,
    must_pause: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train engine.model in place, from the last complete checkpoint if there is one, and load the best weights.

    Raises:
        TrainingStopped: report returned False.
        TrainingPaused: must_pause returned True after a step, which is asked after every one.
        DivergedError: Too many steps in a row had a gradient that was not finite.
    """
    _forget_quantization(engine.model)
    if method == "lora":
        engine.model = _with_lora(engine, settings)
    arguments = _arguments(engine, method, settings, len(training), checkpoints)
    watch, guard = _watch(report, must_pause), skip_broken_steps()
    trainer = _trainer(engine, arguments, training, validation, [_early_stopping(settings), watch, guard])
    trainer.train(resume_from_checkpoint=last_checkpoint(checkpoints))
    if watch.stopped:
        raise TrainingStopped
    if watch.paused:
        raise TrainingPaused
    state = trainer.state
    return Trained(
        state.best_global_step or state.global_step, state.global_step, guard.skipped, loss_log(state.log_history)
    )


def _early_stopping(settings: Settings) -> Any:
    from transformers import EarlyStoppingCallback

    return EarlyStoppingCallback(early_stopping_patience=settings.patience)


def _trainer(
    engine: TransformersEngine, arguments: Any, training: Examples, validation: Examples, callbacks: list[Any]
) -> Any:
    from transformers import DataCollatorForSeq2Seq, Trainer

    # With padding on the right, padded positions still attend to real ones; attention to nothing would give NaN.
    engine.tokenizer.padding_side = "right"
    return Trainer(
        model=engine.model,
        args=arguments,
        train_dataset=training,
        eval_dataset=validation,
        data_collator=DataCollatorForSeq2Seq(engine.tokenizer, padding=True),
        callbacks=callbacks,
    )


def _forget_quantization(model: Any) -> None:
    """Remove the mark of quantized weights, which the trainer refuses; weights of a GGUF file are plain floats here."""
    model.is_quantized = False
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config


def _with_lora(engine: TransformersEngine, settings: Settings) -> Any:
    from peft import LoraConfig, TaskType, get_peft_model

    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules="all-linear",
        # peft 0.21's class for encoder-decoder models calls a method that transformers 5 no longer has.
        task_type=None if engine.seq2seq else TaskType.CAUSAL_LM,
    )
    engine.torch.manual_seed(settings.seed)  # LoRA's first matrix is random
    return get_peft_model(engine.model, config)


def _arguments(engine: TransformersEngine, method: str, settings: Settings, size: int, checkpoints: Path) -> Any:
    from transformers import TrainingArguments

    per_epoch = max(1, size // (settings.batch_size * settings.accumulation))
    every = settings.evaluate_every or max(1, per_epoch // 2)
    total = settings.max_steps or per_epoch * settings.epochs
    return TrainingArguments(
        output_dir=str(checkpoints),
        seed=settings.seed,
        data_seed=settings.seed,
        learning_rate=settings.learning_rate or LEARNING_RATES[method],
        lr_scheduler_type="cosine",
        warmup_steps=min(10, int(total * 0.1)),
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulation,
        train_sampling_strategy="group_by_length" if settings.batch_size > 1 else "random",
        logging_steps=max(1, int(total) // LOG_POINTS),
        logging_nan_inf_filter=False,  # the filter would log 0 in place of NaN
        use_cpu=engine.device == "cpu",
        bf16=engine.device.startswith("cuda"),
        dataloader_pin_memory=engine.device.startswith("cuda"),
        report_to="none",
        disable_tqdm=True,
        **_evaluation(every),
    )


def _evaluation(every: int) -> dict[str, Any]:
    """Evaluate and save every so many steps, and load the checkpoint with the lowest validation loss at the end."""
    return {
        "eval_strategy": "steps",
        "eval_steps": every,
        "save_strategy": "steps",
        "save_steps": every,
        "save_total_limit": 2,
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
        "prediction_loss_only": True,
    }


def _watch(report: Report, must_pause: Callable[[], bool]) -> Any:
    from transformers import TrainerCallback

    class Watch(TrainerCallback):
        stopped = paused = False

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self._tell(state, control, None)
            # The last step goes on to the end: after it, only the weights remain to be saved.
            if not self.stopped and state.global_step < state.max_steps and must_pause():
                self.paused = control.should_save = control.should_training_stop = True

        def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self._tell(state, control, loss_log(state.log_history))

        def _tell(self, state: Any, control: Any, log: list[dict[str, float]] | None) -> None:
            if not report(state.global_step, state.max_steps, log):
                self.stopped = control.should_training_stop = True

    return Watch()


def loss_log(history: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """Return the trainer's history as {"step", "loss"} and {"step", "validation_loss"}, without losses that are NaN."""
    names = {"loss": "loss", "eval_loss": "validation_loss"}
    return [
        {"step": entry["step"], ours: round(entry[theirs], 5)}
        for entry in history
        for theirs, ours in names.items()
        if theirs in entry and math.isfinite(entry[theirs])
    ]


def last_checkpoint(checkpoints: Path) -> str | None:
    """Return the newest complete checkpoint, and delete newer ones that a killed process left unfinished.

    A checkpoint is complete if it has the trainer's state, which is written last.
    """
    newest = sorted(checkpoints.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]), reverse=True)
    for path in newest:
        if (path / STATE).is_file() and (path / STATE).stat().st_size:
            return str(path)
        shutil.rmtree(path)
    return None


def save_weights(engine: TransformersEngine, method: str, *, merge: bool, folder: Path) -> None:
    """Save the trained weights as safetensors with their tokenizer; the folder gets its name only when it is complete.

    Args:
        engine: The trained model.
        method: "lora" or "full".
        merge: Add LoRA's matrices into the base's weights, which is needed if those came from a GGUF file; otherwise
            save a PEFT adapter of a few megabytes.
        folder: Where the weights go; an existing folder is replaced.
    """
    model = engine.model
    if method == "lora" and merge:
        model = model.merge_and_unload()
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    model.save_pretrained(unfinished, safe_serialization=True)
    engine.tokenizer.save_pretrained(unfinished)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)
