"""What the analyses share: votes with their summaries and sides, metrics by summary, and one bootstrap for all."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from annotations.models import Judgement
from leaderboards.data.inputs import METRIC_NAMES, BoardInputs
from leaderboards.data.votes import CHUNK
from stats.ratings.estimates import NO_DRAWS
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths, draw
from stats.uncertainty.small_samples import expansion
from stats.votes.arrays import BoolArray, FloatArray, IntArray, VoteArrays
from stats.votes.parts import only, parts_of
from stats.votes.tallies import units

RESAMPLES = 1000
NO_VOTES = "no votes yet"
LENGTH = "words"


@dataclass(frozen=True)
class Details:
    """By vote, in the order of the inputs's arrays. side_known: whether the vote says what was on the left."""

    comparison: IntArray
    a_is_left: BoolArray
    side_known: BoolArray
    summary_a: IntArray
    summary_b: IntArray


@dataclass(frozen=True)
class Rated:
    """The votes, if they connect all systems that have some, and their ratings.

    votes: systems numbered without gaps; systems: their numbers in the inputs. Documents and annotators are
    numbered as in the inputs. drawn: the board's bootstrap, None with why_not_drawn.
    """

    votes: VoteArrays
    systems: IntArray
    strengths: FloatArray
    drawn: FloatArray | None
    factor: FloatArray
    why_not_drawn: str


@dataclass(frozen=True)
class AnalysisData:
    inputs: BoardInputs
    details: Details
    seed: int

    @property
    def votes(self) -> VoteArrays:
        return self.inputs.arrays

    @cached_property
    def parts(self) -> list[IntArray]:
        return parts_of(self.votes)

    @cached_property
    def why_not_rated(self) -> str:
        if not len(self.votes):
            return NO_VOTES
        if len(self.parts) == 1:
            return ""
        slugs = self.inputs.slugs
        groups = " | ".join("{" + ", ".join(slugs[i] for i in part.tolist()) + "}" for part in self.parts)
        return f"the votes do not connect all systems: {groups}"

    @cached_property
    def rated(self) -> Rated | None:
        """None with why_not_rated."""
        if self.why_not_rated:
            return None
        votes = only(self.votes, self.parts[0])
        strengths = fit_bradley_terry(votes.wins())
        n_documents, n_annotators = units(votes.document), units(votes.annotator)
        single = n_documents == n_annotators == 1
        draws = draw(np.random.default_rng(self.seed), n_documents, n_annotators, RESAMPLES)
        return Rated(
            votes=votes,
            systems=self.parts[0],
            strengths=strengths,
            drawn=None if single else bootstrap_strengths(votes, strengths, draws),
            factor=expansion(votes, strengths),
            why_not_drawn=NO_DRAWS if single else "",
        )

    @cached_property
    def scores(self) -> dict[str, dict[int, float]]:
        """By metric and summary; only metrics with a value."""
        values: dict[str, dict[int, float]] = {name: {} for name in METRIC_NAMES}
        for score in self.inputs.scores:
            if score.value is not None:
                values[score.name][score.summary] = score.value
        return {name: by_summary for name, by_summary in values.items() if by_summary}

    @cached_property
    def documents(self) -> list[str]:
        """Those voted on, numbered as in the votes, and then those that only have summaries."""
        voted = self.inputs.documents
        return [*voted, *sorted({s.document for s in self.inputs.summaries} - set(voted))]

    def by_document(self, metric: str) -> FloatArray:
        """Shape (n_systems, n_documents): the metric's mean over a system's summaries of a document."""
        system = {slug: i for i, slug in enumerate(self.inputs.slugs)}
        document = {name: i for i, name in enumerate(self.documents)}
        found: dict[tuple[int, int], list[float]] = defaultdict(list)
        values = self.scores.get(metric, {})
        for summary in self.inputs.summaries:
            if summary.pk in values:
                found[system[summary.system], document[summary.document]].append(values[summary.pk])
        result = np.full((len(system), len(document)), np.nan)
        for place, numbers in found.items():
            # In one order, whatever the database's: sums differ in the last digit otherwise.
            result[place] = sum(sorted(numbers)) / len(numbers)
        return result

    def by_vote(self, metric: str) -> tuple[FloatArray, FloatArray]:
        """The metric of each vote's two summaries, NaN where unknown."""
        values = self.scores.get(metric, {})
        a, b = (
            np.array([values.get(pk, np.nan) for pk in side.tolist()], dtype=np.float64)
            for side in (self.details.summary_a, self.details.summary_b)
        )
        return a, b


def read_analysis_data(inputs: BoardInputs, seed: int) -> AnalysisData:
    """One query, for what the inputs's votes do not say."""
    return AnalysisData(inputs, read_details(inputs), seed)


def read_details(inputs: BoardInputs) -> Details:
    place = {row.id: i for i, row in enumerate(inputs.counted_votes)}
    numbers = np.zeros((3, len(place)), dtype=np.int64)
    left = np.zeros((2, len(place)), dtype=np.bool_)
    rows = Judgement.objects.counted().filter(criterion=inputs.criterion).order_by()
    values = rows.values_list(
        "public_id",
        "assignment__shown_left",
        "assignment__comparison_id",
        "assignment__comparison__summary_a_id",
        "assignment__comparison__summary_b_id",
    )
    for vote, shown_left, *keys in values.iterator(CHUNK):
        if (i := place.get(vote)) is not None:
            numbers[:, i] = keys
            left[:, i] = shown_left == "a", bool(shown_left)
    return Details(numbers[0], left[0], left[1], numbers[1], numbers[2])
