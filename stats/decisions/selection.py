"""Compare a small and a large system that were chosen after a look at the votes: by a rule, or among all pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import scipy

from stats.decisions.noninferiority import (
    NOT_CONNECTED,
    ONE_SIDED,
    NonInferiority,
    Scale,
    draw_strengths,
    noninferiorities,
    on_scale,
    verdict,
)
from stats.ratings.estimates import NO_DRAWS
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import Precision, precision
from stats.uncertainty.differences import pairs_among, rule_errors
from stats.uncertainty.sandwich import bread
from stats.uncertainty.simultaneous import family_quantile, unclear_pairs
from stats.votes.arrays import FloatArray, IntArray, VoteArrays
from stats.votes.parts import only, parts_of

Pair = tuple[int, int]


@dataclass(frozen=True)
class ChosenPair:
    """The comparison of a chosen pair.

    Attributes:
        result: Difference and interval. With several candidates both p are NaN: they would be those of a pair named
            beforehand.
        candidates: Pairs that it was chosen from, for all of which the interval holds at once.
        quantile: Standard errors from the difference to an end of the interval, were the errors known.
        tail: Chance beyond either end.
    """

    result: NonInferiority
    candidates: int
    quantile: float = field(default_factory=lambda: float(scipy.special.ndtri(1 - ONE_SIDED)))

    @property
    def tail(self) -> float:
        return Precision.tail_together(self.quantile)


def compare_chosen(
    votes: VoteArrays,
    chosen: Pair,
    candidates: Sequence[Pair],
    *,
    margin: float,
    seed: int,
    scale: Scale = Scale.POINTS,
    resamples: int = 1000,
    drawn: Sequence[FloatArray] | None = None,
) -> ChosenPair:
    """Compare a pair by an interval that holds for all candidates at once, and so for whichever the votes chose.

    The best of several looks better than it is. An interval of all candidates together (max-t) holds whatever the rule
    of the choice is, so it is wider than needed for any one rule. It is never narrower than the pair's own interval,
    which is what a single candidate has.

    Args:
        votes: All votes.
        chosen: (compact, large).
        candidates: The pairs that it could have been, itself among them.
        margin, seed, scale, resamples: As in noninferiorities.
        drawn: Strengths of all systems in resamples of these votes, as in Ratings.drawn; drawn here if None.
    Source:
        As in simultaneous.max_t_quantile. Selection makes a single interval too hopeful: Benjamini and Yekutieli
        (2005), False discovery rate-adjusted multiple confidence intervals for selected parameters, JASA 100, 71-81.
    """
    part = next((part for part in parts_of(votes) if np.isin(chosen, part).all()), None)
    if part is None:
        return ChosenPair(NonInferiority(np.nan, np.nan, np.nan, margin, np.nan, NOT_CONNECTED), len(candidates))
    kept = only(votes, part)
    pairs = list(dict.fromkeys(_place(part, pair) for pair in (chosen, *candidates) if np.isin(pair, part).all()))
    strengths = fit_bradley_terry(kept.wins())
    resampled = _of_part(kept, part, drawn, seed, resamples)
    if resampled is None:
        difference = float(on_scale(scale, strengths[pairs[0][0]] - strengths[pairs[0][1]]))
        return ChosenPair(NonInferiority(difference, np.nan, np.nan, margin, np.nan, NO_DRAWS), len(pairs))
    sure, unclear = precision(kept, strengths), bool(unclear_pairs(kept.wins())[pairs[0]])
    own = verdict(strengths, resampled, sure, *pairs[0], margin=margin, unclear=unclear, scale=scale)
    if own.reason or len(pairs) == 1:
        return ChosenPair(own, len(pairs))
    quantile = _quantile(kept, strengths, pairs)
    reach = sure.reach_together(quantile)[pairs[0]]
    return ChosenPair(_widened(own, strengths, pairs[0], reach, scale), len(pairs), quantile)


def compare_all(
    votes: VoteArrays,
    pairs: Sequence[Pair],
    *,
    margin: float,
    seed: int,
    scale: Scale = Scale.POINTS,
    resamples: int = 1000,
    named: Pair | None = None,
    answered: Sequence[Pair] | None = None,
) -> list[ChosenPair]:
    """Compare pairs by intervals that hold for all of them at once, and so for whichever a reader picks.

    Args:
        votes: All votes.
        pairs: (compact, large), each once.
        answered: Those of them that are compared; all if None. The intervals hold for all pairs in either case.
        margin, seed, scale, resamples: As in noninferiorities.
        named: The pair that was named before the first vote, if there is one: its interval is its own.
    Returns:
        Results in the order of those compared; those in separate parts of the votes are corrected apart.
    Source:
        As in compare_chosen.
    """
    compared = pairs if answered is None else answered
    alone = noninferiorities(votes, compared, margin=margin, seed=seed, scale=scale, resamples=resamples)
    chosen = [ChosenPair(own, 1) for own in alone]
    for part in parts_of(votes):
        place_of = {system: place for place, system in enumerate(part.tolist())}
        within = {(i, j): (place_of[i], place_of[j]) for i, j in pairs if i in place_of and j in place_of}
        if len(within) > 1:
            here = {k: pair for k, pair in enumerate(compared) if pair in within and pair != named}
            results = _together(only(votes, part), within, [(alone[k], pair) for k, pair in here.items()], scale)
            for k, result in zip(here, results, strict=True):
                chosen[k] = result
    return chosen


def _together(
    votes: VoteArrays, within: Mapping[Pair, Pair], compared: Sequence[tuple[NonInferiority, Pair]], scale: Scale
) -> list[ChosenPair]:
    """Widen comparisons to hold for all pairs of one part of the votes at once; within: the places of their systems."""
    strengths = fit_bradley_terry(votes.wins())
    quantile = _quantile(votes, strengths, list(within.values()))
    reach = precision(votes, strengths).reach_together(quantile)
    widened = [
        own if own.reason else _widened(own, strengths, within[pair], reach[within[pair]], scale)
        for own, pair in compared
    ]
    return [ChosenPair(result, len(within), quantile) for result in widened]


def _place(part: IntArray, pair: Pair) -> Pair:
    """Return the numbers of both systems within a part."""
    return int(np.searchsorted(part, pair[0])), int(np.searchsorted(part, pair[1]))


def _of_part(
    kept: VoteArrays, part: IntArray, drawn: Sequence[FloatArray] | None, seed: int, resamples: int
) -> FloatArray | None:
    """Return the strengths of a part in resamples, shape (r, n); None if there is nothing to draw again."""
    if drawn is None:
        return draw_strengths(kept, fit_bradley_terry(kept.wins()), seed, resamples)
    columns = [drawn[system] for system in part.tolist()]
    return np.column_stack(columns) if all(len(column) for column in columns) else None


def _quantile(votes: VoteArrays, strengths: FloatArray, pairs: Sequence[Pair]) -> float:
    """Say how far all pairs stay at once, in standard errors, by the rule of differences.py."""
    errors = rule_errors(bread(votes.wins(), strengths))
    return max(family_quantile(errors, pairs_among(len(strengths), pairs)), float(scipy.special.ndtri(1 - ONE_SIDED)))


def _widened(own: NonInferiority, strengths: FloatArray, pair: Pair, reach: float, scale: Scale) -> NonInferiority:
    """Give the comparison of a pair an interval that reaches so far, in log-odds."""
    gap = strengths[pair[0]] - strengths[pair[1]]
    lower, upper = (float(on_scale(scale, end)) for end in (gap - reach, gap + reach))
    return replace(own, lower=lower, upper=upper, p=np.nan, p_equivalence=np.nan)
