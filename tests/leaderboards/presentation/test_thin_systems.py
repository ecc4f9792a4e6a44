"""Systems on which too little was said have no figures beside the board either: not in win rates, not on trust."""

import pytest

from leaderboards.presentation.board_details import win_rows
from leaderboards.presentation.trust.page import thin_systems, trust_context

WHY = "too few to say: 6 votes of at least 20"


def board():
    lines = [{"system": name, "too_few": WHY if name == "thin" else ""} for name in ("big", "tiny", "thin")]
    wins = {"systems": ["big", "tiny", "thin"], "wins": [[0, 12, 3], [8, 0, 0], [3, 0, 0]]}
    return {"systems": lines, "wins": wins | {"votes": [[0, 20, 6], [20, 0, 0], [6, 0, 0]]}}


def test_a_win_rate_with_a_thin_system_is_a_dash_with_its_votes():
    big, tiny, thin = win_rows(board())
    assert [cell and (cell.text, cell.votes) for cell in big.cells] == [None, ("60%", 20), ("—", 6)]
    assert [cell and (cell.text, cell.votes) for cell in thin.cells] == [("—", 6), ("—", 0), None]
    assert big.cells[2].range == ""
    assert tiny.cells[0].range


def estimate(value=0.5):
    return {"value": value, "lower": value, "upper": value, "reason": "", "interval_reason": ""}


def top(k, *systems, people=(), documents=()):
    votes = {"count": 3, "reason": "", "verified": True, "in": "tiny", "out": systems[0]}
    changes = {"annotators": {"change": list(people)}, "documents": {"change": list(documents)}}
    told = {"told": "not told apart", "not_told_from": ["tiny"]} if k == 1 else {"told": "differ", "not_told_from": []}
    return {"k": k, "systems": list(systems), "votes": votes} | changes | told


def analysis(*tops):
    point = [{"system": name, "metric": i, "rating": 900 + i} for i, name in enumerate(("big", "tiny", "thin"))]
    pairs = [{"better": a, "worse": b, "told": "differ"} for a, b in (("big", "tiny"), ("tiny", "thin"))]
    metric = {"metric": "rouge1", "reason": "", "systems": 3, "points": point, "system": {"kendall": estimate()}}
    rows = [{"system": name} for name in ("big", "tiny", "thin")]
    return {
        "votes": 46, "agreement": {"alpha": estimate()}, "side_bias": {"left_wins": estimate(), "biased": False},
        "robustness": {"tops": list(tops), "ranges": rows}, "length": {"systems": rows, "effect": estimate()},
        "votes_needed": {"neighbours": pairs}, "metrics": [metric, {"metric": "words", "reason": "not scored yet"}],
        "significance": {"metrics": []},
    }  # fmt: skip


def test_rows_points_and_neighbours_of_a_thin_system_are_left_out_and_it_is_named():
    shown = trust_context(analysis(), thin_systems(board()))
    assert shown["thin"] == [("thin", WHY)]
    assert [row["system"] for row in shown["ranges"]] == ["big", "tiny"]
    assert [row["system"] for row in shown["lengths"]] == ["big", "tiny"]
    assert shown["neighbours"] == [({"better": "big", "worse": "tiny", "told": "differ"}, "They differ already.")]
    (plot, _), *_ = shown["plots"]
    assert [dot.system for dot in plot.dots] == ["big", "tiny"]
    assert list(shown["legend"]) == ["big", "tiny"]


def test_a_first_place_of_a_thin_system_is_not_called_firm():
    ((_, said, votes, units), (_, told, others, _)) = trust_context(
        analysis(top(1, "thin"), top(3, "big", "tiny")), thin_systems(board())
    )["tops"]
    assert (said, votes, units) == (f"First place: thin: {WHY}.", "", "")
    assert told == "The top 3 differs from all below it."
    assert others.startswith("The top 3 depends on 3 votes of 46")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (
            True,
            "First place would change without one of these annotators: Ann, Bob; or without one of these documents: m1.",
        ),
        (False, "First place would change without one of 2 annotators; or without one of 1 document."),
    ],
)
def test_shared_pages_say_how_many_people_decide_not_who(named, said):
    context = trust_context(analysis(top(1, "big", people=("Ann", "Bob"), documents=("m1",))), {}, named=named)
    (_, told, votes, units), *_ = context["tops"]
    assert (told, units) == ("First place is open: the votes do not tell it from tiny.", said)
    assert votes.startswith("First place depends on 3 votes of 46")


def test_a_place_that_is_open_is_never_called_firm():
    safe = {"count": None, "reason": "no removal of up to 10% of the votes was found that changes it"}
    for place, firm in ((top(1, "big") | {"votes": safe}, False), (top(3, "big") | {"votes": safe}, True)):
        ((_, _, votes, _),) = trust_context(analysis(place), {})["tops"]
        assert ("firm" in votes) == firm
        assert safe["reason"] in votes
