"""Mark in each of several texts the words that none of the others has at that place."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

# A word, or a sign of a script that writes no spaces between words, or one other character.
_SIGN = "[\u2e80-\u9fff\uf900-\ufaff\uac00-\ud7af]"
_PIECE = re.compile(rf"{_SIGN}|(?:(?!{_SIGN})[^\W_])+(?:['’.,-](?:(?!{_SIGN})[^\W_])+)*|\s+|.", re.DOTALL)
# Longer texts are compared by so many pieces, and what follows is taken as their own: time grows with the square.
MOST_PIECES = 4_000
# The same for places where two texts have the same word: a model that repeats itself has millions of them.
MOST_MATCHES = 250_000


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; the pieces of a text make up the whole of it.

    Attributes:
        own: No other text has these words here.
    """

    text: str
    own: bool


def mark_differences(texts: Sequence[str]) -> list[list[Piece]]:
    """Compare each text with all others, word by word, whatever their capitals."""
    cut = [_PIECE.findall(text) for text in texts]
    keys = [[piece.casefold() for piece in pieces if not piece.isspace()][:MOST_PIECES] for pieces in cut]
    shared: list[set[int]] = [set() for _ in texts]
    for first, second in combinations(range(len(texts)), 2):
        a, b = _comparable(keys[first], keys[second])
        for block in SequenceMatcher(a=a, b=b, autojunk=False).get_matching_blocks():
            shared[first].update(range(block.a, block.a + block.size))
            shared[second].update(range(block.b, block.b + block.size))
    return [_marked(pieces, places) for pieces, places in zip(cut, shared, strict=True)]


def _comparable(first: list[str], second: list[str]) -> tuple[list[str], list[str]]:
    """Return the beginnings of two texts that can be compared while somebody waits."""
    while (there := Counter(second)) and sum(there[key] for key in first) > MOST_MATCHES:
        first, second = first[: len(first) // 2], second[: len(second) // 2]
    return first, second


def _marked(pieces: Sequence[str], shared: set[int]) -> list[Piece]:
    """Join neighbours of one kind; a space belongs to what stands before it, unless that is its own and this is not."""
    joined: list[list[str]] = []
    kinds: list[bool] = []
    word = 0
    for place, piece in enumerate(pieces):
        if piece.isspace():
            own = bool(kinds) and kinds[-1] and place + 1 < len(pieces) and word not in shared
        else:
            own, word = word not in shared, word + 1
            # A comma by itself is no difference worth a look.
            own = own and (any(map(str.isalnum, piece)) or (bool(kinds) and kinds[-1]))
        if kinds and kinds[-1] == own:
            joined[-1].append(piece)
        else:
            joined.append([piece])
            kinds.append(own)
    return [Piece("".join(parts), own) for parts, own in zip(joined, kinds, strict=True)]
