"""What several verdicts on one pair say together: both orders, all samples."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

A, B, TIE, BOTH_BAD, NONE = "a", "b", "tie", "both_bad", "none"
OUTCOMES = (A, B, TIE, BOTH_BAD)
# Chances closer than this are the same, whatever rounding says.
AS_LIKELY = 1e-9


@dataclass(frozen=True)
class GivenVerdict:
    """One verdict, seen from the pair's own a and b.

    Attributes:
        shown_first: "a" or "b".
        sample: Its number.
        outcome: "a", "b", "tie", "both_bad" or "none".
        chances: The chance of each outcome; None where they are not known.
    """

    shown_first: str
    sample: int
    outcome: str
    chances: Mapping[str, float] | None = None


def combined(verdicts: Iterable[GivenVerdict], *, conservative: bool) -> str:
    """Return what a judge says of a pair: an outcome, or "none".

    Whether a, b or neither is better is decided first; "tie" and "both_bad" both say neither.

    Conservative: in each sample, two orders that differ are a tie, and the samples' most frequent answer counts. Else:
    the answer with the highest mean chance over all samples, and within a sample over both orders; a verdict without
    chances is sure of itself. Two answers as frequent, or as likely, are a tie.
    A sample one order of which is no verdict says nothing; one that was asked in one order alone says what it says.
    """
    by_sample: dict[int, list[GivenVerdict]] = defaultdict(list)
    for verdict in verdicts:
        by_sample[verdict.sample].append(verdict)
    whole = [given for given in by_sample.values() if all(one.outcome != NONE for one in given)]
    if not whole:
        return NONE
    weights = Counter(_agreed(given) for given in whole) if conservative else _chances(whole)
    return _heaviest(weights, len(whole))


def _agreed(given: Sequence[GivenVerdict]) -> str:
    outcomes = {one.outcome for one in given}
    return outcomes.pop() if len(outcomes) == 1 else TIE


def _chances(samples: Sequence[Sequence[GivenVerdict]]) -> Mapping[str, float]:
    total: dict[str, float] = dict.fromkeys(OUTCOMES, 0.0)
    for given in samples:
        for one in given:
            for outcome, chance in (one.chances or {one.outcome: 1.0}).items():
                total[outcome] += chance / len(given)
    return total


def _heaviest(weights: Mapping[str, float], samples: int) -> str:
    """Return a or b if it weighs more than the other and than both others together; else how neither is better."""
    a, b, tie, both_bad = (float(weights.get(outcome, 0)) for outcome in OUTCOMES)
    close = AS_LIKELY * samples
    if a - max(b, tie + both_bad) >= close:
        return A
    if b - max(a, tie + both_bad) >= close:
        return B
    undecided = tie + both_bad - max(a, b) < close
    return BOTH_BAD if not undecided and both_bad - tie >= close else TIE


def flips(verdicts: Iterable[GivenVerdict]) -> tuple[int, int]:
    """Return how many samples of a pair answer otherwise in the other order, and how many have both orders."""
    by_sample: dict[int, dict[str, str]] = defaultdict(dict)
    for verdict in verdicts:
        if verdict.outcome != NONE:
            by_sample[verdict.sample][verdict.shown_first] = verdict.outcome
    both = [orders for orders in by_sample.values() if len(orders) == 2]
    return sum(orders[A] != orders[B] for orders in both), len(both)
