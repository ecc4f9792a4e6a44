"""Keep as much of a transcript as fits, in whole turns where possible, and count what is left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Count = Callable[[str], int]


@dataclass(frozen=True)
class Truncated:
    """A transcript cut to a budget.

    Attributes:
        text: The text that is kept.
        dropped_tokens: Tokens of the whole transcript minus tokens of the kept text, by the same tokenizer.
    """

    text: str
    dropped_tokens: int


def truncate_turns(lines: Sequence[str], budget: int, count: Count, keep: str = "head") -> Truncated:
    """Keep the start, the end or both ends of a transcript within a token budget.

    Args:
        lines: One line per turn.
        budget: The most tokens that the kept text may have; nothing is kept at 0 or below.
        count: Counts the tokens of a text by the system's own tokenizer.
        keep: "head" keeps the start, "tail" the end, "middle" both ends without the middle.
    """
    whole = "\n".join(lines)
    total = count(whole)
    if total <= budget:
        return Truncated(whole, 0)
    text = _kept(lines, max(budget, 0), count, keep)
    return Truncated(text, total - count(text) if text else total)


def _kept(lines: Sequence[str], budget: int, count: Count, keep: str) -> str:
    if keep == "head":
        return _head(lines, budget, count)
    if keep == "tail":
        return _tail(lines, budget, count)
    if keep == "middle":
        start = _head(lines, budget // 2, count)
        joint = "\n" if start else ""
        return _longest(lambda n: start + joint + _last(lines, n), len(lines) - _lines_in(start), budget, count)
    raise ValueError(f"keep is {keep!r}; expected head, tail or middle")


def _lines_in(text: str) -> int:
    return text.count("\n") + 1 if text else 0


def _last(lines: Sequence[str], n: int) -> str:
    return "\n".join(lines[len(lines) - n :]) if n else ""


def _head(lines: Sequence[str], budget: int, count: Count) -> str:
    kept = _longest(lambda n: "\n".join(lines[:n]), len(lines), budget, count)
    if kept or not lines:
        return kept
    words = lines[0].split(" ")  # the first turn alone does not fit, so cut it at a word
    return _longest(lambda n: " ".join(words[:n]), len(words), budget, count) or _characters(lines[0], budget, count)


def _tail(lines: Sequence[str], budget: int, count: Count) -> str:
    kept = _longest(lambda n: _last(lines, n), len(lines), budget, count)
    if kept or not lines:
        return kept
    words = lines[-1].split(" ")
    return _longest(lambda n: " ".join(words[len(words) - n :]) if n else "", len(words), budget, count)


def _characters(line: str, budget: int, count: Count) -> str:
    """Cut a line at a character, for text without spaces such as Chinese."""
    return _longest(lambda n: line[:n], len(line), budget, count)


def _longest(text_of: Callable[[int], str], most: int, budget: int, count: Count) -> str:
    """Find the largest n whose text fits, by bisection, and return that text.

    Tokenizers merge across joints, so that a longer text may have fewer tokens: the result may be a little shorter
    than possible, but it never exceeds the budget.
    """
    low, high, best = 0, most, ""
    while low < high:
        middle = (low + high + 1) // 2
        text = text_of(middle)
        if count(text) <= budget:
            low, best = middle, text
        else:
            high = middle - 1
    return best if low else (text_of(0) if count(text_of(0)) <= budget else "")
