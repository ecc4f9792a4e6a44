"""Find answers given without reading: the same side again and again, or one answer to every criterion of a pair."""

from dataclasses import dataclass

import numpy as np

from stats.uncertainty.proportions import Proportion, wilson
from stats.votes.arrays import FloatArray, IntArray, InvalidVotesError, ShownCode, check_codes, check_columns


@dataclass(frozen=True)
class Straightlining:
    """Hold the longest run of one shown choice in the order of time; all None with a reason where there are no votes.

    Attributes:
        longest_run: Length of the longest run.
        run_choice: Choice of that run.
        run_probability: Probability of a run at least as long, of any choice, in as many independent votes with this
            annotator's own frequencies.
        commonest_share, commonest_choice: The commonest choice, and its share of the votes.
        n: Number of votes.
        reason: Why the fields are None; "" where they are not.
    """

    longest_run: int | None
    run_choice: ShownCode | None
    run_probability: float | None
    commonest_share: float | None
    commonest_choice: ShownCode | None
    n: int
    reason: str


def straightlining(shown: IntArray) -> Straightlining:
    """Find the longest run and the commonest choice of one annotator.

    Both are needed: an annotator who always clicks left has one run of all their votes, and with their own frequencies
    that is certain (run_probability 1), so only the share of the commonest choice shows it. A small probability says
    that equal answers cluster, as in a phase of clicking through. Frequencies come from the same votes, which makes a
    long run look more usual than it is: the probability errs in the annotator's favour. Of several runs or choices that
    are equally long or common, the first in the order of ShownCode is named.

    Args:
        shown: ShownCode of each vote of one annotator on one criterion, shape (n,), in the order of time.
    Raises:
        InvalidVotesError: The array is not one-dimensional, or a choice is unknown.
    Source:
        Long strings as a sign of careless answers: Johnson (2005), Journal of Research in Personality 39, 103-129;
        Meade and Craig (2012), Psychological Methods 17, 437-455.
    """
    check_columns(shown=shown)
    check_codes("shown", shown, ShownCode)
    n = len(shown)
    if not n:
        return Straightlining(None, None, None, None, None, 0, "no votes yet")
    counts = np.bincount(shown, minlength=len(ShownCode))
    starts = np.flatnonzero(np.r_[True, shown[1:] != shown[:-1]])
    lengths = np.diff(np.r_[starts, n])
    longest = int(lengths.max())
    return Straightlining(
        longest_run=longest,
        run_choice=ShownCode(int(shown[starts[lengths == longest]].min())),
        run_probability=run_probability(counts / n, n, longest),
        commonest_share=float(counts.max() / n),
        commonest_choice=ShownCode(int(counts.argmax())),
        n=n,
        reason="",
    )


def run_probability(frequencies: FloatArray, n: int, length: int) -> float:
    """Compute exactly the probability that n independent choices contain a run of at least `length` equal ones.

    The Markov chain over (choice, length of the current run) absorbs runs that reach `length`. Summing what is absorbed
    keeps tiny probabilities exact, which one minus the rest would not. It is enough to keep where runs began and what
    is not absorbed: a run of a choice with probability p that began length - 1 votes ago has survived with probability
    p^(length - 1).

    Args:
        frequencies: Probability of each choice, shape (n_choices,), not negative, with sum 1.
        n: Number of choices, from 0 up.
        length: Length of the run, from 1 up.
    Raises:
        InvalidVotesError: The frequencies are no distribution, n < 0 or length < 1.
    Source:
        Feller (1968), An Introduction to Probability Theory and Its Applications 1, chapter XIII.7-8; as an embedded
        Markov chain: Fu and Koutras (1994), JASA 89, 1050-1058.
    """
    if (frequencies < 0).any() or not np.isclose(frequencies.sum(), 1) or n < 0 or length < 1:
        raise InvalidVotesError(f"No run of {length} in {n:,} votes at frequencies {frequencies.tolist()}.")
    if length > n:
        return 0.0
    if length == 1:
        return 1.0
    return _absorbed(frequencies.tolist(), n, length)


def _absorbed(chances: list[float], n: int, length: int) -> float:
    """Run the chain of run_probability over n choices, for runs of two or more."""
    # Lists: with so few choices arrays would take several times as long, and a study has hundreds of annotators.
    surviving = [chance ** (length - 1) for chance in chances]
    going_on = list(chances)
    began = [[chance] for chance in chances]
    reached = 0.0
    for vote in range(1, n):
        total = sum(going_on)
        for choice, chance in enumerate(chances):
            begins = chance * (total - going_on[choice])
            complete = began[choice][vote - length + 1] * surviving[choice] if vote >= length - 1 else 0.0
            going_on[choice] = going_on[choice] * chance - complete + begins
            began[choice].append(begins)
            reached += complete
    return min(1.0, reached)


@dataclass(frozen=True)
class SameAnswers:
    """Hold how often one annotator gives one answer to all criteria of a pair.

    Attributes:
        share: Share among pairs with two criteria or more.
        others: Mean of the other annotators' shares, each annotator counted once; None with a reason where nobody else
            has such pairs.
        reason: Why others is None; "" where it is not.
    """

    share: Proportion
    others: float | None
    reason: str


def same_answers(item: IntArray, annotator: IntArray, outcome: IntArray) -> dict[int, SameAnswers]:
    """Give the share of pairs on which all criteria got the same answer, beside what is usual in the study.

    One answer to everything is often honest (a better summary can be better in every way), so the share means
    something only beside that of the others.

    Args:
        item: Index of the comparison, shape (n,), one entry for each criterion.
        annotator: Index of the annotator, shape (n,).
        outcome: OutcomeCode, shape (n,).
    Returns:
        Shares by annotator.
    Raises:
        InvalidVotesError: Shapes differ, or an outcome is negative.
    Source:
        Non-differentiation: Krosnick (1991), Applied Cognitive Psychology 5, 213-236.
    """
    check_columns(item=item, annotator=annotator, outcome=outcome)
    rated, row, questions = _pairs_rated(item, annotator)
    first = np.zeros(len(rated), dtype=np.int64)
    first[row] = outcome  # any one of the pair's answers
    same = np.bincount(row[outcome == first[row]], minlength=len(rated)) == questions
    several, who = questions > 1, rated[:, 1]
    shares = {
        person: wilson(int(same[own].sum()), int(own.sum()))
        for person in np.unique(annotator).tolist()
        for own in [several & (who == person)]
    }
    return {person: _beside_others(person, shares) for person in shares}


def _pairs_rated(item: IntArray, annotator: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Give (item, annotator) of each pair that was rated, the row of each answer among these, and answers by row."""
    if not len(item):
        return np.empty((0, 2), dtype=np.int64), item, item
    rated, row, questions = np.unique(
        np.column_stack([item, annotator]), axis=0, return_inverse=True, return_counts=True
    )
    return rated, row.reshape(-1), questions


def _beside_others(person: int, shares: dict[int, Proportion]) -> SameAnswers:
    """Compare one annotator's share with the mean of the others'."""
    others = [share.value for other, share in shares.items() if other != person and share.value is not None]
    if not others:
        return SameAnswers(shares[person], None, "nobody else has answered several criteria of a pair")
    return SameAnswers(shares[person], float(np.mean(others)), "")
