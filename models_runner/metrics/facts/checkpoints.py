"""Find the weights of a model that judges facts: a folder, or a hub id whose files are here."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
            raise weights_missing(metric, setting, model)
        return Checkpoint(folder.name, str(folder), weights)
    return Checkpoint(model, model, _hub_weights(metric, setting, model))


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
