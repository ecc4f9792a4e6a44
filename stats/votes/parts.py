"""Votes of systems that votes connect: what one scale can hold."""

from dataclasses import replace

import numpy as np

from stats.votes.arrays import IntArray, VoteArrays, renumbered
from stats.votes.graphs import connected_parts


def parts_of(votes: VoteArrays) -> list[IntArray]:
    """Systems that votes connect, by part, in rising order; those without votes are in none."""
    wins = votes.wins()
    voted = np.flatnonzero(votes.count_by_system())
    met = (wins + wins.T > 0)[np.ix_(voted, voted)]
    return [voted[part] for part in connected_parts(met)]


def only(votes: VoteArrays, systems: IntArray) -> VoteArrays:
    """The votes of a part; systems, documents and annotators numbered without gaps, order kept."""
    kept = votes
    if len(systems) < votes.n_systems:
        place = np.full(votes.n_systems, -1, dtype=votes.system_a.dtype)
        place[systems] = np.arange(len(systems))
        chosen = place[votes.system_a] >= 0
        kept = votes if chosen.all() else votes.take(chosen)
        first, second = place[kept.system_a], place[kept.system_b]
        kept = replace(kept, system_a=first, system_b=second, n_systems=len(systems))
    document, annotator = renumbered(kept.document), renumbered(kept.annotator)
    if document is kept.document and annotator is kept.annotator:
        return kept  # the same votes, with what is known of them
    return replace(kept, document=document, annotator=annotator)
