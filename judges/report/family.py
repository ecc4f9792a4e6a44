"""Which systems are of a judge's family: of the same maker, or of models of the same name."""

import re
from collections.abc import Sequence

import numpy as np

from judges.models import Judge
from models_runner.models import System
from stats.votes.arrays import BoolArray

# Words of a model's name that say nothing about whose it is.
GENERAL = frozenset(
    {"package", "llm", "models", "model", "chat", "instruct", "base", "large", "small", "mini", "medium", "tiny"}
    | {"gguf", "the", "preview", "latest", "api"}
)
SHORTEST = 3


def same_family(judge: Judge, systems: Sequence[System]) -> BoolArray | None:
    """Tell which systems are of the judge's family, shape (n,); None where its record names no maker and no model.

    A system is, if its name or its model has the word that names the judge's model ("qwen" of Qwen2.5-7B-Instruct), or
    the judge's maker in it.
    """
    names = [name for name in (_spelled(judge.maker), _word_of(judge.model_id)) if len(name) >= SHORTEST]
    if not names:
        return None
    said = [_spelled(f"{system.slug} {system.name} {system.model_id}") for system in systems]
    return np.array([any(name in words for name in names) for words in said], dtype=np.bool_)


def _word_of(model: str) -> str:
    """Return the first word of a model's name that says whose it is; "" if none does."""
    last = re.split(r"[/\\:]", model.removesuffix(".gguf"))[-1]
    found = [word.lower() for word in re.findall(r"[A-Za-z]+", last)]
    return next((word for word in found if len(word) >= SHORTEST and word not in GENERAL), "")


def _spelled(text: str) -> str:
    """Return lower-case letters and digits alone, so that "Hugging Face" is found in "huggingface/…"."""
    return re.sub(r"\W|_", "", text.lower())
