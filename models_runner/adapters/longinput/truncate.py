"""Keeping as much of a transcript as fits, in whole turns where possible, and counting what is left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Count = Callable[[str], int]


@dataclass(frozen=True)
class Truncated:
    """dropped_tokens: tokens of the whole transcript less tokens of the kept text, by the same tokenizer."""

    text: str
    dropped_tokens: int


def truncate_turns(lines: Sequence[str], budget: int, count: Count, keep: str = "head") -> Truncated:
    """The start (head), the end (tail) or both ends without the middle (middle) of a transcript within a token budget.

    Args:
        lines: One line a turn.
        budget: Tokens the kept text may have; nothing is kept at 0 or below.
        count: Tokens of a text, by the system's own tokenizer.
        keep: "head", "tail" or "middle" (drops the middle).
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
    words = lines[0].split(" ")  # not even the first turn fits: cut it at a word
    return _longest(lambda n: " ".join(words[:n]), len(words), budget, count) or _characters(lines[0], budget, count)


def _tail(lines: Sequence[str], budget: int, count: Count) -> str:
    kept = _longest(lambda n: _last(lines, n), len(lines), budget, count)
    if kept or not lines:
        return kept
    words = lines[-1].split(" ")
    return _longest(lambda n: " ".join(words[len(words) - n :]) if n else "", len(words), budget, count)


def _characters(line: str, budget: int, count: Count) -> str:
    """For text without spaces, such as Chinese."""
    return _longest(lambda n: line[:n], len(line), budget, count)


def _longest(text_of: Callable[[int], str], most: int, budget: int, count: Count) -> str:
    """The largest n whose text fits, by bisection.

    Tokenizers merge across joints, so a longer text may have a few tokens less: the answer may be a little short of
    the best, never over the budget.
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
