"""A small study's board before and now, as docs/statistics.md shows it."""

import numpy as np
import pytest

from benchmarks.intervals.one_study import DOCUMENTS, SYSTEMS, VOTES, both_boards, draw_study

pytestmark = pytest.mark.once


def test_the_drawn_study_has_the_shape_it_says():
    votes = draw_study(1)
    assert (len(votes), votes.n_systems) == (VOTES, SYSTEMS)
    assert (len(np.unique(votes.document)), len(np.unique(votes.annotator))) == (DOCUMENTS, 5)
    assert np.bincount(votes.document).max() <= 4


def test_its_board_tells_more_than_before_and_nothing_wrong():
    _, sides = both_boards(draw_study(1))
    assert sides.told_apart == (0, 5)
    assert (sides.width_now < sides.width_before).all()
    best, worst = sides.ranks_now
    true = np.arange(1, SYSTEMS + 1)
    assert ((best <= true) & (true <= worst)).all()
