"""Find the weights of a model that judges facts: a folder, or a hub id whose files are here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from models_runner.metrics.bertscore import WEIGHTS_FILES, weights_hash
from models_runner.metrics.registry import MetricUnavailableError


@dataclass(frozen=True)
class Checkpoint:
    """A model that transformers can load.

    Attributes:
        name: The name shown in the signature.
        location: The folder or hub id.
        weights: The file of the weights, or the index of several.
    """

    name: str
    location: str
    weights: Path

    @property
    def digest(self) -> str:
        """The first digits of the weights' SHA-256."""
        return weights_hash(self.weights)


# The index says by name and size what is in the files beside it.
FILES = (*WEIGHTS_FILES, "model.safetensors.index.json")


def find_checkpoint(metric: str, setting: str, model: str, example: str) -> Checkpoint:
    """Return the model that a setting names.

    Raises:
        MetricUnavailableError: It is empty, or the weights are not on this machine; the message says what to set.
    """
    if not model:
        raise MetricUnavailableError(
            f"The metric {metric} needs a model. Set {setting} to a folder with its weights, or to a hub id such as "
            f"{example}; HUB_ONLINE=true fetches it once."
        )
    folder = Path(model)
    if folder.is_dir():
        weights = next((folder / name for name in FILES if (folder / name).is_file()), None)
        if weights is None:
            raise MetricUnavailableError(
                f'The folder "{model}" of {setting} has no weights that the metric {metric} can read. Expected '
                f"{' or '.join(WEIGHTS_FILES)} beside config.json and the tokenizer's files."
            )
        return Checkpoint(folder.name, str(folder), weights)
    return Checkpoint(model, model, _hub_weights(metric, setting, model))


@contextmanager
def loading(metric: str, setting: str, name: str) -> Iterator[None]:
    """Say of whatever goes wrong while a model is loaded which one it is. Raises MetricUnavailableError."""
    try:
        yield
    except MetricUnavailableError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:150]
        raise MetricUnavailableError(
            f'The metric {metric} cannot load "{name}" of {setting} ({type(error).__name__}: {reason}). Expected a '
            "model of transformers with config.json, weights and tokenizer that belong together."
        ) from error


def load_tokenizer(location: str) -> Any:
    """Load a tokenizer. Raises ValueError for one without words, which transformers makes where files are missing."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(location)
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)) + 1:
        raise ValueError("the tokenizer has no vocabulary: its files are missing")
    return tokenizer


def load_model(kind: Any, location: str) -> Any:
    """Load a model of one of transformers' automatic classes.

    Raises ValueError where the weights lack a part, which transformers would fill with random numbers: a bare encoder
    has no head that knows the task.
    """
    model, told = kind.from_pretrained(location, output_loading_info=True)
    if missing := sorted(told["missing_keys"]):
        raise ValueError(f"the weights lack {', '.join(missing[:3])}: the model was not trained for this task")
    return model


def weights_missing(metric: str, setting: str, model: str) -> MetricUnavailableError:
    return MetricUnavailableError(
        f'The metric {metric} needs the weights of "{model}", which are not on this machine. Give a folder with them '
        f"in {setting}, or set HUB_ONLINE=true once to fetch them."
    )


@cache
def _hub_weights(metric: str, setting: str, model: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    for name in FILES:
        try:
            return Path(hf_hub_download(model, name))
        except EntryNotFoundError:
            continue
        except (OSError, ValueError) as error:  # ValueError: a path that is not there, and no hub id
            raise weights_missing(metric, setting, model) from error
    raise weights_missing(metric, setting, model)
