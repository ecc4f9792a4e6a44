"""Whatever says that systems differ says the same, on random studies: ranks, neighbours, verdict, fragility, planning."""

import random

import numpy as np
import pytest
from django.db.models import Value
from django.db.models.functions import Concat

from annotations.models import Study
from leaderboards.boards.analysis.analyse import compute_trust
from leaderboards.boards.build import make_board
from leaderboards.boards.planning import compute_planning
from leaderboards.boards.small_large import compute_small_large
from leaderboards.data.filters import Filters
from leaderboards.data.inputs import gather_inputs
from models_runner.models import System
from tests.leaderboards.compared import make_compared_study

# Arithmetic on votes; tests/leaderboards/data reads votes from both engines.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

DIFFER, TOO_FEW = "differ", "too few"


def random_study(seed):
    rng = random.Random(seed)
    return make_compared_study(
        slug=f"study-{seed}",
        documents=rng.randint(2, 8),
        annotators=rng.randint(2, 6),
        keep=rng.choice([0.1, 0.4, 0.9]),
        seed=seed,
        noninferiority_margin=rng.choice([0.05, 0.2]),
    )


def told_of(board):
    """By pair, either way round, what the board says of it; and who of the two is ahead."""
    told = {}
    for pair in board["differences"]["pairs"]:
        told[pair["better"], pair["worse"]] = told[pair["worse"], pair["better"]] = pair["told"]
    return told


@pytest.mark.parametrize("ties", ["half", "davidson"])
@pytest.mark.parametrize("seed", range(5))
def test_all_say_the_same(seed, ties):
    study = random_study(seed)
    inputs = gather_inputs(study, study.criteria.get(), filters=Filters(ties=ties))
    board = make_board(inputs, seed=0)
    told = told_of(board)
    order = [line["system"] for line in board["systems"] if line["rating"] is not None]
    ranked = [line for line in board["systems"] if line["rank_best"] is not None]
    for line in ranked:
        place = order.index(line["system"])
        above = sum(told[line["system"], other] == DIFFER for other in order[:place])
        below = sum(told[line["system"], other] == DIFFER for other in order[place + 1 :])
        assert (line["rank_best"], line["rank_worst"]) == (1 + above, len(order) - below)
    check_gaps(board, told)
    planned = compute_planning(inputs, seed=3)["neighbours"]
    trust = compute_trust(inputs, seed=4)
    assert planned == trust["votes_needed"]["neighbours"] == board["neighbours"]
    check_neighbours(board["neighbours"], told)
    check_verdicts([board["verdict"], *compute_small_large(inputs, 5)["verdicts"]], board, told)
    check_tops(trust["robustness"]["tops"], order, told)


def check_gaps(board, told):
    for pair in board["differences"]["pairs"]:
        assert pair["gap"] is None or pair["gap"] >= 0
        if pair["lower"] is not None:
            assert (pair["told"] == DIFFER) == (pair["lower"] > 0 and pair["told"] != TOO_FEW)


def check_neighbours(rows, told):
    assert rows
    for row in rows:
        assert row["told"] == told[row["better"], row["worse"]]
        if row["told"] == DIFFER:
            assert row["votes_more"] in (0, None) and row["ask_again"] is None
        elif row["told"] != TOO_FEW and row["votes_needed"] is not None:
            # What is not told apart takes more votes than there are, and the forecast says when to look again.
            assert row["votes_needed"] > row["votes"] < row["ask_again"] and row["votes_more"] > 0
            assert row["votes_lower"] is None or row["votes_lower"] <= row["votes_needed"] * 1.001


def check_verdicts(verdicts, board, told):
    rating = {line["system"]: line["rating"] for line in board["systems"]}
    for verdict in verdicts:
        pair = verdict["small"], verdict["large"]
        assert verdict["told"] == told[pair]
        better = told[pair] == DIFFER and rating[pair[0]] > rating[pair[1]]
        if verdict["verdict"] == "superior":
            assert better
        elif better:
            # Who differs and is ahead is not inferior either, unless there is no interval.
            assert verdict["verdict"] == "undefined"


def check_tops(tops, order, told):
    for top in tops:
        others = [system for system in order if system not in top["systems"]]
        open_to = [other for other in others if any(told[one, other] != DIFFER for one in top["systems"])]
        assert sorted(top["not_told_from"]) == sorted(open_to)
        assert (top["told"] == DIFFER) == (not open_to)
        if top["votes"]["count"] is not None:
            assert top["votes"]["told"] == told[top["votes"]["out"], top["votes"]["in"]]


def test_the_studies_are_of_all_kinds():
    # Otherwise the test above would say little.
    said = set()
    for seed in range(5):
        study = random_study(seed)
        said |= set(told_of(make_board(gather_inputs(study, study.criteria.get()), seed=0)).values())
        # The next study has systems of the same names.
        System.objects.update(slug=Concat("slug", Value(f"-{seed}")))
    assert said == {DIFFER, "not told apart", TOO_FEW}
    assert Study.objects.count() == 5


def test_a_system_with_too_few_votes_closes_no_rank():
    study = make_compared_study(slug="few", documents=6, annotators=2)
    board = make_board(gather_inputs(study, study.criteria.get()), seed=0)
    assert all(line["too_few"] for line in board["systems"])
    assert {line["rank_worst"] - line["rank_best"] for line in board["systems"]} == {7}
    assert np.unique(list(told_of(board).values())).tolist() == [TOO_FEW]
