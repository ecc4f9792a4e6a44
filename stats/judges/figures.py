"""Put together all that is said of a judge on one criterion, and whether it may stand in for a person there."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from stats.judges.agreement import JudgeAgreement, agreement
from stats.judges.alt_test import EPSILON, AltTest, alt_test
from stats.judges.arrays import ItemAnswers, Items, OrderRule, PeopleVotes, Verdicts, answers, people_share
from stats.judges.biases import (
    FamilyBias,
    LengthBias,
    PositionBias,
    family_bias,
    length_bias,
    position_bias,
    sample_consistency,
)
from stats.judges.calibration import Calibration, calibration
from stats.judges.clustered import Figure
from stats.uncertainty.calibrated import LEVEL
from stats.votes.arrays import BoolArray, FloatArray, IntArray

NO_POSITION_BIAS = 0.5
# A judge whose preference of a place, or of its own family, is surely beyond this moves results that are close.
TOLERATED = 0.1
NO_CHANCES = "undefined: the judge gives answers without chances, and each question was asked once"


class WhyNot(StrEnum):
    """Name a reason against a judge standing in for a person.

    Attributes:
        TOO_FEW: People gave too few votes to say.
        FAILS: It does not pass the alternative annotator test.
        BELOW_PEOPLE: It agrees with people less than they do with each other, beyond chance.
        POSITION: It prefers the summary in one place by more than TOLERATED, beyond chance.
        LENGTH: It prefers longer, or shorter, summaries more than people do by more than TOLERATED, beyond chance.
        FAMILY: It prefers its own family more than people do by more than TOLERATED, beyond chance.
    """

    TOO_FEW = "too_few"
    FAILS = "fails"
    BELOW_PEOPLE = "below_people"
    POSITION = "position"
    LENGTH = "length"
    FAMILY = "family"


@dataclass(frozen=True)
class JudgeFigures:
    """Hold what is said of a judge on one criterion.

    Attributes:
        answers: The judge's answer on each item.
        agreement, position, consistency, calibration, alt_test: See the modules of these names.
        length, family: None where lengths, or related systems, are not known.
        pairs: Items with an answer.
        no_verdict: Verdicts that are none.
    """

    answers: ItemAnswers
    agreement: JudgeAgreement
    position: PositionBias
    consistency: Figure
    calibration: Calibration
    alt_test: AltTest
    length: LengthBias | None
    family: FamilyBias | None
    pairs: int
    no_verdict: int

    @property
    def may_stand_in(self) -> bool | None:
        """Tell whether nothing speaks against it; None where there is too little to say."""
        reasons = self.why_not
        return None if WhyNot.TOO_FEW in reasons else not reasons

    @property
    def why_not(self) -> tuple[WhyNot, ...]:
        """List what speaks against the judge standing in for a person on this criterion."""
        with_people, among = self.agreement.with_people, self.agreement.among_people
        if self.alt_test.passes is None or not with_people.told:
            return (WhyNot.TOO_FEW,)
        length = Figure.undefined("") if self.length is None else self.length.beyond_people
        family = Figure.undefined("") if self.family is None else self.family.beyond_people
        first = self.position.first_share
        below = among.value is not None and among.told and with_people.below(among.value)
        reasons = {
            WhyNot.FAILS: not self.alt_test.passes,
            WhyNot.BELOW_PEOPLE: below and among.lower is not None and among.above(with_people.value or 0),
            WhyNot.POSITION: first.above(NO_POSITION_BIAS + TOLERATED) or first.below(NO_POSITION_BIAS - TOLERATED),
            WhyNot.LENGTH: length.above(TOLERATED) or length.below(-TOLERATED),
            WhyNot.FAMILY: family.above(TOLERATED),
        }
        return tuple(reason for reason, holds in reasons.items() if holds)


def judge_figures(
    items: Items,
    votes: PeopleVotes,
    verdicts: Verdicts,
    *,
    rule: OrderRule,
    seed: int,
    length: FloatArray | None = None,
    related: BoolArray | None = None,
    chosen: BoolArray | None = None,
    epsilon: float = EPSILON,
    level: float = LEVEL,
) -> JudgeFigures:
    """Compute all figures about one judge on one criterion.

    Args:
        items: What was compared.
        votes: People's votes, at most one of a person on an item.
        verdicts: The judge's, as given.
        rule: What becomes of two orders that disagree.
        seed: Of the calibration's deal of documents.
        length: Lengths of a's and b's summaries, shape (n_items, 2).
        related: Whether each system is related to the judge's maker, shape (n_systems,).
        chosen: Items that count, such as those of one language or size class, shape (n_items,); all if None.
        epsilon: Of the alternative annotator test.
        level: Of the intervals, between 0 and 1.
    """
    if chosen is not None:
        votes, verdicts = votes.take(chosen[votes.item]), verdicts.take(chosen[verdicts.item])
    judge = answers(verdicts, len(items), rule)
    sized = None if length is None else length_bias(items, length, votes, judge, level=level)
    kin = None if related is None else family_bias(items, related, votes, judge, level=level)
    return JudgeFigures(
        judge,
        agreement(items, votes, judge, level=level),
        position_bias(items, verdicts, level=level),
        sample_consistency(items, verdicts, level=level),
        _calibration(items, votes, verdicts, judge, seed=seed, level=level),
        alt_test(items, votes, judge, epsilon=epsilon),
        sized,
        kin,
        int(judge.given.sum()),
        int((~verdicts.given).sum()),
    )


def _calibration(
    items: Items, votes: PeopleVotes, verdicts: Verdicts, judge: ItemAnswers, *, seed: int, level: float
) -> Calibration:
    """Hold chances against people's votes, where there are any: told by the judge, or seen over several samples.

    A verdict without one says which summary is better, not how sure that is.
    """
    sure = verdicts.given & (~np.isnan(verdicts.share) | (verdicts.sample > 0))
    told = np.zeros(len(items), dtype=bool)
    told[verdicts.item[sure]] = True
    if verdicts.given.any() and not told.any():
        return Calibration((), Figure.undefined(NO_CHANCES), None)
    return calibration(items, votes.take(told[votes.item]), judge, seed=seed, level=level)


def worst_disagreements(items: Items, votes: PeopleVotes, judge: ItemAnswers) -> IntArray:
    """List the items on which judge and people disagree, worst first.

    How bad it is, is the distance of the judge's share from people's, people's being drawn towards one half by one
    vote, so that three people against the judge weigh more than one.
    """
    times = np.bincount(votes.item, minlength=len(items))
    people = people_share(votes, len(items))
    told = judge.given & (times > 0)
    drawn = 0.5 + (np.where(told, people, 0.5) - 0.5) * times / (times + 1)
    gap = np.where(told, np.abs(np.where(told, judge.share, 0.5) - drawn), 0)
    apart = told & (np.sign(np.where(told, judge.share, 0.5) - 0.5) != np.sign(drawn - 0.5))
    order = np.argsort(-gap, kind="stable")
    return np.asarray(order[apart[order]])
