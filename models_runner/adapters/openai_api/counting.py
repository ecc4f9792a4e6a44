"""Count the tokens of a prompt for an endpoint, which counts them only in its answer."""

import math
import re
from collections.abc import Callable

from models_runner.adapters.protocol import WeightsMissingError

NOT_ASCII = re.compile(r"[^\x00-\x7f]")
CHARACTERS_A_TOKEN = 3
ESTIMATE = "estimated: 3 ASCII characters a token, every other character one"


def counter(tokenizer: str) -> Callable[[str], int]:
    """Return what counts a text's tokens: the tokenizer of this folder or hub id, or an estimate if it is empty.

    Raises:
        WeightsMissingError: The tokenizer is not on this machine.
    """
    if not tokenizer:
        return estimated_tokens
    from transformers import AutoTokenizer

    try:
        loaded = AutoTokenizer.from_pretrained(tokenizer)
    except (OSError, ValueError) as error:
        raise WeightsMissingError(f"engine.tokenizer {tokenizer!r} is not on this machine.") from error
    return lambda text: len(loaded(text, add_special_tokens=False)["input_ids"])


def estimated_tokens(text: str) -> int:
    """Estimate the tokens of a text: one for three ASCII characters, and one for every other character.

    The estimate is usually higher than what the tokenizers of the study's models count.
    """
    others = len(NOT_ASCII.findall(text))
    return others + math.ceil((len(text) - others) / CHARACTERS_A_TOKEN)
