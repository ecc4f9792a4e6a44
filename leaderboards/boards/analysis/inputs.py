"""What the analyses share: votes with their summaries and sides, and their ratings."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from annotations.models import Judgement
from leaderboards.boards.rated import rate_board
from leaderboards.data.inputs import BoardInputs
from leaderboards.data.votes import CHUNK
from stats.ratings.ratings import Ratings
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.votes.arrays import BoolArray, FloatArray, IntArray, VoteArrays
from stats.votes.parts import only, parts_of

RESAMPLES = 1000
NO_VOTES = "no votes yet"
LENGTH = "words"


@dataclass(frozen=True)
class VoteDetails:
    """What the arrays of a board do not say about its votes, in the order of the arrays.

    Attributes:
        side_known: Whether it is recorded which summary was on the left.
        elsewhere: Whether a vote was given elsewhere and imported.
    """

    comparison: IntArray
    a_is_left: BoolArray
    side_known: BoolArray
    summary_a: IntArray
    summary_b: IntArray
    elsewhere: BoolArray


@dataclass(frozen=True)
class RatedVotes:
    """The votes, where they connect all systems that have some, and their ratings.

    Attributes:
        votes: With the systems numbered without gaps; documents and annotators are numbered as on the board.
        systems: Numbers of these systems on the board.
    """

    votes: VoteArrays
    systems: IntArray
    strengths: FloatArray


@dataclass(frozen=True)
class AnalysisData:
    """The inputs of a board with what several analyses derive from them."""

    inputs: BoardInputs
    details: VoteDetails
    seed: int

    @property
    def votes(self) -> VoteArrays:
        return self.inputs.arrays

    @cached_property
    def ratings(self) -> Ratings:
        """The ratings of the board with these votes."""
        return rate_board(self.inputs, self.seed)

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
    def rated(self) -> RatedVotes | None:
        """The ratings; None with why_not_rated."""
        if self.why_not_rated:
            return None
        votes = only(self.votes, self.parts[0])
        strengths = fit_bradley_terry(votes.wins())
        return RatedVotes(votes=votes, systems=self.parts[0], strengths=strengths)

    @property
    def scores(self) -> dict[str, dict[int, float]]:
        """Values by metric and summary; only metrics that have a value."""
        return self.inputs.values_by_metric

    @cached_property
    def documents(self) -> list[str]:
        """Documents voted on, numbered as in the votes, followed by those that only have summaries."""
        voted = self.inputs.documents
        return [*voted, *sorted({s.document for s in self.inputs.summaries} - set(voted))]

    def by_document(self, metric: str) -> FloatArray:
        """Mean of a metric over each system's summaries of each document, shape (n_systems, n_documents)."""
        return self.inputs.document_means(metric, self.documents)

    def by_vote(self, metric: str) -> tuple[FloatArray, FloatArray]:
        """Values of a metric for each vote's two summaries; NaN where there is none."""
        values = self.scores.get(metric, {})
        a, b = (
            np.array([values.get(pk, np.nan) for pk in side.tolist()], dtype=np.float64)
            for side in (self.details.summary_a, self.details.summary_b)
        )
        return a, b


def read_analysis_data(inputs: BoardInputs, seed: int) -> AnalysisData:
    """Read what the inputs of a board do not say about its votes; one query."""
    return AnalysisData(inputs, read_details(inputs), seed)


def read_details(inputs: BoardInputs) -> VoteDetails:
    """Read comparison, summaries and side of each vote in the arrays; one query."""
    index_of = {row.id: i for i, row in enumerate(inputs.counted_votes)}
    keys = np.zeros((3, len(index_of)), dtype=np.int64)
    sides = np.zeros((3, len(index_of)), dtype=np.bool_)
    rows = Judgement.objects.counted().filter(criterion=inputs.criterion).order_by()
    values = rows.values_list(
        "public_id",
        "assignment__shown_left",
        "assignment__annotator__imported",
        "assignment__comparison_id",
        "assignment__comparison__summary_a_id",
        "assignment__comparison__summary_b_id",
    )
    for vote, shown_left, imported, *keys_of_vote in values.iterator(CHUNK):
        if (i := index_of.get(vote)) is not None:
            keys[:, i] = keys_of_vote
            sides[:, i] = shown_left == "a", bool(shown_left), imported
    return VoteDetails(keys[0], sides[0], sides[1], keys[1], keys[2], sides[2])
