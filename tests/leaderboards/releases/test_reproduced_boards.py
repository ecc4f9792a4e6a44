"""reproduce.py of a release computes its board from its votes, with numpy alone."""
# ruff: noqa: F811  (fixtures)

import json

import pytest

from annotations.models import Assignment, Judgement, Study
from leaderboards.boards.build import make_board
from leaderboards.data.filters import Filters
from leaderboards.data.inputs import gather_inputs
from leaderboards.releases.build import folder_of
from tests.leaderboards.releases.making import (  # noqa: F401  (fixtures)
    BOARD,
    _own_folders,
    make,
    reproduce,
    study,
)

pytestmark = pytest.mark.django_db


def test_reproduce_finds_the_same_board_with_numpy_alone(study):
    done = reproduce(folder_of(make(study)))
    assert done.returncode == 0, done.stdout + done.stderr
    # 2 questions x 3 systems x (7 figures and 6 metrics)
    assert "78 numbers compared, 0 differ." in done.stdout


@pytest.fixture
def adaptive(study):
    """Pairs were drawn by chances that differ; what came with a file was not drawn."""
    Study.objects.update(sampling="adaptive")
    for n, assignment in enumerate(Assignment.objects.order_by("pk")):
        drawn = {"probability": (0.05, 0.4, 0.85)[n % 3], "drawn_from": 3} if n % 10 else {}
        Assignment.objects.filter(pk=assignment.pk).update(**drawn)
    return study


def test_where_chances_are_known_the_board_is_there_with_weights_as_well(adaptive):
    release = make(adaptive)
    inside = json.loads((folder_of(release) / "board.json").read_text())["criteria"]
    about = json.loads((folder_of(release) / "study.json").read_text())
    assert about["board_weights"] == {"overall": ["equal", "chance"], "fluency": ["equal", "chance"]}
    for criterion in adaptive.criteria.all():
        equal, weighted = (
            make_board(gather_inputs(adaptive, criterion, filters=Filters(weights=weights)), 0)
            for weights in ("equal", "chance")
        )
        board = inside[criterion.key]
        assert (board["weights"], board["by_chance"]["weights"]) == ("equal", "chance")
        assert board["by_chance"]["drawn"] == weighted["weights"]["drawn"]
        assert board["by_chance"]["effective_votes"] == pytest.approx(weighted["weights"]["effective_votes"], rel=1e-12)
        for mine, theirs in ((board, equal), (board["by_chance"], weighted)):
            for line, other in zip(mine["systems"], theirs["systems"], strict=True):
                assert line["system"] == other["system"]
                # Votes come in another order, which is the last digit of a sum.
                assert [line[name] for name in BOARD] == pytest.approx([other[name] for name in BOARD], rel=1e-11)
        assert [line["rating"] for line in board["systems"]] != pytest.approx(
            [line["rating"] for line in board["by_chance"]["systems"]], abs=1
        )
    assert "each vote weighed by 1 /" in (folder_of(release) / "README.md").read_text()


def test_reproduce_finds_both_boards(adaptive):
    folder = folder_of(make(adaptive))
    assert "156 numbers compared, 0 differ." in reproduce(folder).stdout
    board = json.loads((folder / "board.json").read_text())
    board["criteria"]["overall"]["by_chance"]["systems"][1]["rating_lower"] += 1e-5
    (folder / "board.json").write_text(json.dumps(board))
    assert "156 numbers compared, 1 differ." in reproduce(folder).stdout


def test_reproduce_finds_both_boards_where_votes_are_few(adaptive):
    kept = Judgement.objects.order_by("pk").values_list("pk", flat=True)[:40:5]
    Judgement.objects.exclude(pk__in=list(kept)).delete()
    assert " 0 differ." in reproduce(folder_of(make(adaptive))).stdout


def test_where_nothing_was_drawn_there_is_one_board(study):
    release = make(study)
    inside = json.loads((folder_of(release) / "board.json").read_text())["criteria"]
    assert [board["by_chance"] for board in inside.values()] == [None, None]
    about = json.loads((folder_of(release) / "study.json").read_text())
    assert about["board_weights"] == {"overall": ["equal"], "fluency": ["equal"]}
    card = (folder_of(release) / "README.md").read_text()
    assert "weighed" not in card
    rows = [
        line.split("|")[-2].strip() for line in card.partition("## Board")[2].splitlines() if line.startswith("| s")
    ]
    assert rows.count("votes") == 2
    assert all(votes.isdigit() for votes in rows if votes != "votes")
    assert len(rows) == 2 + 2 * 3


@pytest.mark.once
@pytest.mark.parametrize(("name", "change"), [("rating", 1e-5), ("rating_lower", 1e-5), ("rank", 1)])
def test_reproduce_notices_a_number_that_is_not_from_the_votes(study, name, change):
    folder = folder_of(make(study))
    board = json.loads((folder / "board.json").read_text())
    board["criteria"]["overall"]["systems"][1][name] += change
    (folder / "board.json").write_text(json.dumps(board))
    done = reproduce(folder)
    assert done.returncode == 1
    assert "78 numbers compared, 1 differ." in done.stdout


def test_reproduce_agrees_where_votes_are_few_or_do_not_connect(study):
    """Resamples without some systems take other ways through the fit."""
    kept = Judgement.objects.order_by("pk").values_list("pk", flat=True)[:40:5]
    Judgement.objects.exclude(pk__in=list(kept)).delete()
    done = reproduce(folder_of(make(study)))
    assert "78 numbers compared, 0 differ." in done.stdout
