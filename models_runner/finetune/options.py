"""The settings of a fine-tuning; all are recorded, and all have a default that suits a small dataset."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


class SettingsError(ValueError):
    """A setting is wrong; the message names it."""


@dataclass(frozen=True)
class Settings:
    """The settings of a fine-tuning.

    Attributes:
        seed: Of the order of examples, of LoRA's first matrix, and of the documents held out for validation.
        epochs: Passes over the examples, if max_steps is 0.
        max_steps: Optimizer steps; 0 trains for `epochs`.
        learning_rate: 0 takes 2e-4 with LoRA, and 5e-5 with all weights.
        batch_size: Examples per forward pass.
        accumulation: Forward passes per optimizer step.
        evaluate_every: Steps between evaluations on the validation documents, and between checkpoints; 0 evaluates
            twice per epoch.
        patience: Evaluations without a lower validation loss after which training ends.
        max_tokens: The most tokens of prompt and target together; 0 takes the base's window.
        rank: Of LoRA.
        alpha: Of LoRA.
        dropout: Of LoRA.
        limit: Only the first documents of the split; 0 takes all.
    """

    seed: int = 1
    epochs: float = 3.0
    max_steps: int = 0
    learning_rate: float = 0.0
    batch_size: int = 1
    accumulation: int = 4
    evaluate_every: int = 0
    patience: int = 3
    max_tokens: int = 0
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    limit: int = 0


LOWEST = {"epochs": 0.01, "batch_size": 1, "accumulation": 1, "patience": 1, "rank": 1, "alpha": 1}


def checked_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return every setting with its given or default value. Raises SettingsError if a value is wrong."""
    kinds = {field.name: type(field.default) for field in fields(Settings)}
    for name, value in values.items():
        if name not in kinds:
            raise SettingsError(f"There is no setting {name!r}. Known settings: {', '.join(kinds)}.")
        fitting = (int, float) if kinds[name] is float else (int,)
        if isinstance(value, bool) or not isinstance(value, fitting):
            raise SettingsError(f"{name} is {value!r}; expected a{' whole' if kinds[name] is int else ''} number.")
        if value < (lowest := LOWEST.get(name, 0)):
            raise SettingsError(f"{name} is {value}; expected {lowest} or more.")
    if values.get("dropout", 0) >= 1:
        raise SettingsError(f"dropout is {values['dropout']}; expected a share below 1.")
    return asdict(Settings(**values))
