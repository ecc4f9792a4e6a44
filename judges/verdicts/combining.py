"""What several verdicts on one pair say together: both orders, all samples."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

A, B, TIE, BOTH_BAD, NONE = "a", "b", "tie", "both_bad", "none"
OUTCOMES = (A, B, TIE, BOTH_BAD)


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

    Conservative: in each sample, two orders that differ are a tie, and the samples' most frequent answer counts; if
    several are as frequent, a tie. Else: the outcome with the highest mean of the chances over all orders and samples,
    each order weighing the same; a verdict without chances is sure of itself; if several are as likely, a tie.
    A sample one order of which is no verdict says nothing; one that was asked in one order alone says what it says.
    """
    by_sample: dict[int, list[GivenVerdict]] = defaultdict(list)
    for verdict in verdicts:
        by_sample[verdict.sample].append(verdict)
    whole = [given for given in by_sample.values() if all(one.outcome != NONE for one in given)]
    if not whole:
        return NONE
    return _most([_agreed(given) for given in whole]) if conservative else _likeliest(whole)


def _agreed(given: Sequence[GivenVerdict]) -> str:
    outcomes = {one.outcome for one in given}
    return outcomes.pop() if len(outcomes) == 1 else TIE


def _most(outcomes: Sequence[str]) -> str:
    (first, most), *others = Counter(outcomes).most_common(2)
    return TIE if others and others[0][1] == most else first


def _likeliest(samples: Sequence[Sequence[GivenVerdict]]) -> str:
    total: dict[str, float] = dict.fromkeys(OUTCOMES, 0.0)
    for given in samples:
        for one in given:
            for outcome, chance in (one.chances or {one.outcome: 1.0}).items():
                total[outcome] += chance / len(given)
    best = max(total.values())
    likeliest = [outcome for outcome in OUTCOMES if best - total[outcome] < 1e-9 * len(samples)]
    return likeliest[0] if len(likeliest) == 1 else TIE


def flips(verdicts: Iterable[GivenVerdict]) -> tuple[int, int]:
    """Return how many samples of a pair answer otherwise in the other order, and how many have both orders."""
    by_sample: dict[int, dict[str, str]] = defaultdict(dict)
    for verdict in verdicts:
        if verdict.outcome != NONE:
            by_sample[verdict.sample][verdict.shown_first] = verdict.outcome
    both = [orders for orders in by_sample.values() if len(orders) == 2]
    return sum(orders[A] != orders[B] for orders in both), len(both)
