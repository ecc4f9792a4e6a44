"""Split votes into connected parts of systems, each of which can be rated on one scale."""

from dataclasses import replace

import numpy as np

from stats.votes.arrays import IntArray, VoteArrays, renumbered
from stats.votes.graphs import connected_parts


def parts_of(votes: VoteArrays) -> list[IntArray]:
    """List the systems of each connected part, in rising order; systems without votes are in none."""
    wins = votes.wins()
    voted = np.flatnonzero(votes.count_by_system())
    met = (wins + wins.T > 0)[np.ix_(voted, voted)]
    return [voted[part] for part in connected_parts(met)]


def only(votes: VoteArrays, systems: IntArray) -> VoteArrays:
    """Keep the votes of one part, with systems, documents and annotators renumbered without gaps in the same order."""
    kept = votes
    if len(systems) < votes.n_systems:
        new_index = np.full(votes.n_systems, -1, dtype=votes.system_a.dtype)
        new_index[systems] = np.arange(len(systems))
        chosen = new_index[votes.system_a] >= 0
        kept = votes if chosen.all() else votes.take(chosen)
        a, b = new_index[kept.system_a], new_index[kept.system_b]
        kept = replace(kept, system_a=a, system_b=b, n_systems=len(systems))
    document, annotator = renumbered(kept.document), renumbered(kept.annotator)
    if document is kept.document and annotator is kept.annotator:
        return kept  # the same object, with the results cached in it
    return replace(kept, document=document, annotator=annotator)
