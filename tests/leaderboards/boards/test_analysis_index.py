import pytest

from leaderboards.boards.analysis.index import COLUMNS, InvalidWeightsError, read_weights, usual_weights, weighted_index

VALUES = {
    "systems": ["a", "b", "c"],
    "columns": {column: [None] * 3 for column in COLUMNS}
    | {"rating": [1100.0, 1000.0, 900.0], "rouge1": [0.1, 0.3, None], "shortness": [50.0, 100.0, 150.0]},
}


def test_by_hand():
    # Ratings are 1.2247, 0, -1.2247 deviations from their mean; words count downwards.
    found = weighted_index(VALUES, {"rating": 1.0, "shortness": 3.0})
    assert [(row["system"], row["index"]) for row in found["systems"]] == [
        ("a", pytest.approx(1.224745)),
        ("b", pytest.approx(0)),
        ("c", pytest.approx(-1.224745)),
    ]
    assert found["weights"] == {"rating": 1.0, "shortness": 3.0}


def test_a_missing_value_leaves_no_index_and_comes_last():
    found = weighted_index(VALUES, {"rouge1": 1.0})
    assert [row["system"] for row in found["systems"]] == ["b", "a", "c"]
    assert found["systems"][2] == {"system": "c", "index": None, "reason": "no value in rouge1"}


def test_usual_weights_use_what_there_is():
    assert usual_weights(VALUES) == {"rating": 1.0}
    with_rouge = VALUES | {"columns": VALUES["columns"] | {"rougeL": [0.1, 0.2, 0.3]}}
    assert usual_weights(with_rouge) == {"rating": 1.0, "rougeL": 0.5}
    nothing = {"systems": [], "columns": {column: [] for column in COLUMNS}}
    assert weighted_index(nothing, usual_weights(nothing))["systems"] == []


def test_weights_are_read_from_an_address():
    assert read_weights({}) is None
    assert read_weights({"criterion": "overall"}) is None
    assert read_weights({"w_rating": "2", "w_rouge1": "0", "w_rougeL": ""}) == {"rating": 2.0}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"w_rating": "much"}, "The weight of rating is 'much'. Expected a number from 0 to 1000"),
        ({"w_rating": "-1"}, "'-1'"),
        ({"w_rating": "nan"}, "'nan'"),
        ({"w_rating": "1e9"}, "'1e9'"),
        ({"w_rating": "0", "w_rouge1": ""}, "All weights are 0"),
        ({"w_rating": ""}, "All weights are 0"),
    ],
)
def test_weights_that_make_no_index_are_refused(asked, why):
    with pytest.raises(InvalidWeightsError, match=why):
        read_weights(asked)
