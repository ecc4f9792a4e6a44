"""The chance of each answer, from the chances of the tokens where the verdict stands."""

import math
from collections.abc import Mapping, Sequence

from models_runner.adapters.protocol import WrittenToken

# Where less of the probability than this lies on the letters, their shares of it say nothing.
LEAST_MASS = 0.5
AROUND = " \t\n\"'“”[]()*:{"


def letter_chances(
    tokens: Sequence[WrittenToken], text: str, position: int, letters: Sequence[str]
) -> Mapping[str, float] | None:
    """Return the chance of each letter, which sum to 1; None where the engine does not tell enough.

    Args:
        tokens: Of the answer, with the chances of others at each place.
        text: The answer that was read, which is a part of what the tokens spell.
        position: Where in the text the letter stands.
        letters: Those that may be chosen.
    """
    token = _token_at(tokens, text, position)
    if token is None:
        return None
    mass = dict.fromkeys(letters, 0.0)
    for written, logprob in token.logprobs.items():
        letter = written.strip(AROUND)
        if letter in mass:
            mass[letter] += math.exp(logprob)
    total = sum(mass.values())
    return {letter: chance / total for letter, chance in mass.items()} if total >= LEAST_MASS else None


def _token_at(tokens: Sequence[WrittenToken], text: str, position: int) -> WrittenToken | None:
    spelt = "".join(token.text for token in tokens)
    begin = spelt.rfind(text)
    if begin < 0 or position < 0:
        return None
    end = 0
    for token in tokens:
        end += len(token.text)
        if end > begin + position:
            return token
    return None
