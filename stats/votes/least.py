"""The least numbers of votes, annotators and documents from which a result is given in numbers.

Below them a board says "too few to say". They are asked of each system by itself, and of whatever is said of all votes
together; files and the API have the numbers all the same, with a field that says so.

- Votes: with 20, the 95 % interval of a share near one half reaches from 30 to 70 %. With fewer it says next to
  nothing, and a system that wins all of a handful looks like the best there is.
- Annotators: how people differ is only seen by asking several. In 150 simulated studies of two systems each, the 95 %
  interval of a board held the truth in 45 to 59 % with one annotator, in 89 to 95 % with two, where it was 700 to 1,400
  points wide, and in 95 to 99 % with three (benchmarks/raters/few_raters.py).
- Documents: the same, because documents and annotators enter the intervals in the same way.
"""

from dataclasses import dataclass

import numpy as np

from stats.votes.arrays import BoolArray, IntArray, VoteArrays

LEAST_VOTES = 20
LEAST_ANNOTATORS = 3
LEAST_DOCUMENTS = 3
LEAST = f"{LEAST_VOTES} votes by {LEAST_ANNOTATORS} annotators on {LEAST_DOCUMENTS} documents"


def too_few(votes: int, annotators: int, documents: int) -> str:
    """Say what there is too little of; "" if a result can be given in numbers."""
    if not votes:
        return "too few to say: no votes yet"
    lacking = []
    if votes < LEAST_VOTES:
        lacking.append(f"{votes:,} {'vote' if votes == 1 else 'votes'} of at least {LEAST_VOTES}")
    if annotators < LEAST_ANNOTATORS:
        lacking.append(
            f"{annotators:,} {'annotator' if annotators == 1 else 'annotators'} of at least {LEAST_ANNOTATORS}"
        )
    if documents < LEAST_DOCUMENTS:
        lacking.append(f"{documents:,} {'document' if documents == 1 else 'documents'} of at least {LEAST_DOCUMENTS}")
    return f"too few to say: {', '.join(lacking)}" if lacking else ""


@dataclass(frozen=True)
class SystemCounts:
    """How much was said about each system, in arrays of shape (n_systems,)."""

    votes: IntArray
    annotators: IntArray
    documents: IntArray

    def too_few(self, system: int) -> str:
        """As too_few, of one system."""
        return too_few(int(self.votes[system]), int(self.annotators[system]), int(self.documents[system]))

    @property
    def thin(self) -> BoolArray:
        """Mark the systems about which too little was said, shape (n_systems,)."""
        few = (self.votes < LEAST_VOTES) | (self.annotators < LEAST_ANNOTATORS) | (self.documents < LEAST_DOCUMENTS)
        return np.asarray(few)


def count_by_system(votes: VoteArrays) -> SystemCounts:
    """Count the votes about each system, and how many annotators and documents they come from."""
    return SystemCounts(
        votes=votes.count_by_system(),
        annotators=_distinct(votes, votes.annotator),
        documents=_distinct(votes, votes.document),
    )


def _distinct(votes: VoteArrays, unit: IntArray) -> IntArray:
    """Count the different units among the votes about each system."""
    units = int(unit.max()) + 1 if len(unit) else 1
    seen = np.zeros(votes.n_systems * units, dtype=np.bool_)
    for system in (votes.system_a, votes.system_b):
        seen[system.astype(np.int64) * units + unit] = True
    counts: IntArray = seen.reshape(votes.n_systems, units).sum(axis=1)
    return counts
