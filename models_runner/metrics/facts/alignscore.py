"""AlignScore: a RoBERTa with three heads that tells how far a passage aligns with a sentence."""

import pickle
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from models_runner.metrics import MARKUP_REMOVED, descriptions
from models_runner.metrics.bertscore import weights_hash
from models_runner.metrics.facts.checkpoints import load_tokenizer, loading, weights_missing
from models_runner.metrics.facts.support import FactModel, Pair, SupportMetric, Values, best_device
from models_runner.metrics.facts.texts import even_passages
from models_runner.metrics.registry import MetricUnavailableError

WORDS = 350
SETTING = "ALIGNSCORE_MODEL"
# By the size of its hidden states, what a published checkpoint was trained from.
BASES = {768: "roberta-base", 1024: "roberta-large"}


class AlignScoreMetric(SupportMetric):
    """From 0 to 1: how surely the best passage of the transcript aligns with a sentence, mean over sentences.

    Reads the published checkpoints (AlignScore-base.ckpt, AlignScore-large.ckpt), with the three-way head as the paper.

    Source:
        Zha et al. (2023), AlignScore: evaluating factual consistency with a unified alignment function, ACL (nli_sp).
        Sentences are sentencex's, theirs are nltk's.
    """

    key = "alignscore"
    values = descriptions.ALIGNSCORE

    def __init__(self, model: str = "", base: str = "") -> None:
        self._name = model or settings.ALIGNSCORE_MODEL
        self._base = base or settings.ALIGNSCORE_BASE

    def _file(self) -> Path:
        if not self._name:
            raise MetricUnavailableError(
                f"The metric {self.key} needs a checkpoint. Set {SETTING} to AlignScore-base.ckpt or "
                "AlignScore-large.ckpt (https://huggingface.co/yzha/AlignScore), or to a folder that holds one with "
                "config and tokenizer."
            )
        path = Path(self._name)
        found = next(iter(sorted(path.glob("*.ckpt"))), path) if path.is_dir() else path
        if not found.is_file():
            raise weights_missing(self.key, SETTING, self._name)
        return found

    def signature(self, language: str) -> str:
        file = self._file()
        return (
            f"alignscore|nli_sp|transformers {version('transformers')}|model {file.stem}|weights {weights_hash(file)}"
            f"|{MARKUP_REMOVED}|sentences sentencex {version('sentencex')}|passages {WORDS} words|max, mean"
        )

    def load(self) -> FactModel:
        file = self._file()
        state = read_state(file)
        own = file.parent if (file.parent / "config.json").is_file() else None
        base = self._base or (str(own) if own else BASES.get(state["tri_layer.weight"].shape[1], ""))
        if not base:
            raise MetricUnavailableError(
                f"{file.name} has hidden states of {state['tri_layer.weight'].shape[1]} numbers, as no published "
                "checkpoint of AlignScore has. Set ALIGNSCORE_BASE to a folder with its config and tokenizer."
            )
        with loading(self.key, SETTING, file.name):
            return AlignModel(state, base)


class AlignModel(FactModel):
    def __init__(self, state: dict[str, Any], base: str) -> None:
        import torch
        from transformers import AutoConfig, RobertaModel

        try:
            config = AutoConfig.from_pretrained(base)
            tokenizer = load_tokenizer(base)
        except (OSError, ValueError) as error:
            raise MetricUnavailableError(
                f'The checkpoint of AlignScore was trained from "{base}", whose config and tokenizer are not on this '
                "machine. Set ALIGNSCORE_BASE to their folder, or HUB_ONLINE=true once to fetch them."
            ) from error
        super().__init__(tokenizer)
        if config.model_type != "roberta":
            raise ValueError(f"{base} is of the kind {config.model_type}; AlignScore is a roberta")
        encoder: Any = RobertaModel(config)
        _fill(encoder, _part(state, "base_model."))
        head = torch.nn.Linear(config.hidden_size, 3)
        head.load_state_dict(_part(state, "tri_layer."))
        device = best_device()
        self._encoder, self._head = encoder.eval().to(device), head.eval().to(device)
        self.limit = min(self.tokenizer.model_max_length, config.max_position_embeddings - config.pad_token_id - 1)
        self.window = self.limit - self.tokenizer.num_special_tokens_to_add(pair=True)

    def passages(self, transcript: str, language: str) -> list[str]:
        return even_passages(transcript, language, WORDS)

    def probabilities(self, pairs: Sequence[Pair]) -> Values:
        import torch

        inputs = self.pair_inputs(pairs).to(self._encoder.device)
        with torch.inference_mode():
            pooled = self._encoder(**inputs).pooler_output
            chances = self._head(pooled).softmax(dim=-1)
        found: Values = chances.cpu().numpy().astype(np.float64)
        return found


def _fill(encoder: Any, weights: dict[str, Any]) -> None:
    """Put the weights into the encoder. Raises ValueError if one of the two has a part that the other lacks."""
    told = encoder.load_state_dict(weights, strict=False)
    # Numbers of positions are counted, not learnt; older versions kept them.
    odd = [name for name in (*told.missing_keys, *told.unexpected_keys) if not name.endswith("position_ids")]
    if odd:
        raise ValueError(f"checkpoint and config do not belong together: {', '.join(odd[:3])} is in one of them alone")


def _part(state: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


class _Ignored(dict[str, Any]):
    """Stands for what else a checkpoint of Lightning holds, such as its settings."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__()

    def __setstate__(self, state: object) -> None:
        pass


class _TensorsOnly(pickle.Unpickler):
    """Reads tensors and plain containers; every other class becomes an empty dict, so that no code of a file runs."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in (("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2")) or (
            module == "torch" and name.lower().endswith("storage")
        ):
            return super().find_class(module, name)
        return _Ignored


class _TensorPickle:
    """What torch.load calls of a pickle module."""

    Unpickler = _TensorsOnly
    load = staticmethod(pickle.load)
    __name__ = "pickle"


def read_state(file: Path) -> dict[str, Any]:
    """Read the weights of a Lightning checkpoint. Raises MetricUnavailableError."""
    import torch

    try:
        loaded = torch.load(file, map_location="cpu", weights_only=False, pickle_module=_TensorPickle)
        state: dict[str, Any] = dict(loaded["state_dict"])
        state["tri_layer.weight"]
    except (KeyError, TypeError, RuntimeError, pickle.UnpicklingError, EOFError, OSError) as error:
        raise MetricUnavailableError(
            f"{file} is no checkpoint of AlignScore ({type(error).__name__}: {error}). Expected AlignScore-base.ckpt "
            "or AlignScore-large.ckpt as published."
        ) from error
    return state
