"""The settings of a fine-tuning: every one recorded, every one with a default that suits a small data set."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


class SettingsError(ValueError):
    """A setting is wrong; the message names it."""


@dataclass(frozen=True)
class Settings:
    """max_tokens: prompt and target together, 0 for the base's window. max_steps: optimizer steps, 0 for `epochs`.

    learning_rate: 0 for 2e-4 with LoRA, 5e-5 with all weights. batch_size times accumulation is one step's examples.
    evaluate_every: steps between looks at the validation documents, and between checkpoints; 0 for twice an epoch.
    patience: looks without a lower validation loss before training ends. rank, alpha, dropout: of LoRA.
    limit: the first N documents of the split only; 0 for all.
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
    """Every setting with its value, given or default. Raises SettingsError."""
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
