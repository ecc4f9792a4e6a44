"""What metrics say of their values."""

from pathlib import Path

import pytest
from django.utils import translation

from lib.text.translated import translated
from models_runner.metrics import declared
from models_runner.metrics.descriptions import OWN
from models_runner.metrics.protocol import names_of
from models_runner.metrics.registry import METRIC_KEYS, METRICS, MetricUnavailableError, get_metric
from tests.packages import METRIC, packages  # noqa: F401 (a fixture)

BEFORE = ("rouge1", "rouge2", "rougeL", "rougeLsum", "bertscore_f1", "words")
OF_VALUES = [(key, value) for key, values in OWN.items() for value in values]


def broken(code, *, add):
    """Add a package with this code; return what is said of it."""
    add("one", code, metrics=[("mine", "Metric")])
    assert {name for name in declared.declared_values() if declared.declared_values()[name].metric == "mine"} == set()
    (problem,) = declared.metric_problems()
    return problem


@pytest.mark.parametrize("key", METRIC_KEYS)
def test_a_metric_describes_the_values_that_are_listed_for_it(key):
    assert get_metric(key).values == OWN[key]


def test_a_board_without_scores_has_the_columns_it_always_had():
    assert declared.board_values() == BEFORE
    assert declared.board_values({"rouge1", "bertscore_p", "sentences", "headers", "unheard_of"}) == BEFORE


def test_every_name_is_free_and_used_once():
    names = names_of([value for _, value in OF_VALUES])
    assert len(set(names)) == len(names)
    assert not declared.TAKEN & set(names)


@pytest.mark.parametrize(("key", "value"), OF_VALUES)
def test_every_value_has_its_words(key, value):
    assert value.label and value.unit and value.help_text.endswith(".")
    assert value.lowest is None or value.highest is None or value.lowest < value.highest


@pytest.mark.parametrize(("key", "value"), OF_VALUES)
def test_every_value_is_described_in_chinese(key, value):
    with translation.override("zh-hans"):
        assert translated(value.help_text) != value.help_text
        if " " in value.label:
            assert translated(value.label) != value.label


def test_every_value_is_in_the_docs():
    text = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
    assert [value.name for _, value in OF_VALUES if f"`{value.name}`" not in text] == []
    assert [key for key in METRICS if f"`{key}`" not in text] == []


def test_a_description_as_programs_read_it():
    assert declared.describe(["rouge1", "no_such_value"]) == [
        {
            "name": "rouge1",
            "metric": "rouge",
            "label": "ROUGE-1",
            "unit": "F-measure",
            "direction": "higher",
            "range": [0, 1],
            "needs": ["reference"],
            "help": "Words that summary and reference share.",
        }
    ]


# ---- packages


def test_a_packages_values_come_after_the_sites_own(packages):  # noqa: F811
    packages("one", METRIC, metrics=[("mine", "Metric")])
    assert declared.board_values({"slips"}) == (*BEFORE, "slips")
    assert declared.direction_of("slips") == "lower"
    assert get_metric("mine").key == "mine"
    assert declared.metric_problems() == []


@pytest.mark.parametrize(
    ("was", "becomes", "reason"),
    [
        ('"slips", "Slips"', '"rouge1", "Slips"', "its value 'rouge1' has a name that is in use"),
        ('"slips", "Slips"', '"rating", "Slips"', "its value 'rating' has a name that is in use"),
        ('"slips", "Slips"', '"Slips!", "Slips"', "a value is named 'Slips!'"),
        ('"slips", "Slips"', '"slips", ""', "has no label"),
        ("Direction.LOWER", '"sideways"', "has a direction"),
        ("    values = ", "    those = ", "its values are no tuple"),
        ("class Metric:", "class Other:", "AttributeError"),
        ("from models_runner", "from nowhere_at_all", "ModuleNotFoundError"),
    ],
)
def test_a_package_that_describes_nonsense_is_left_out_with_a_reason(packages, was, becomes, reason):  # noqa: F811
    assert was in METRIC
    assert reason in broken(METRIC.replace(was, becomes), add=packages)
    assert declared.board_values() == BEFORE


@pytest.mark.parametrize("was", ["    def signature", "    def score"])
def test_a_metric_without_a_method_cannot_be_used(packages, was):  # noqa: F811
    packages("one", METRIC.replace(was, "    def other"), metrics=[("mine", "Metric")])
    with pytest.raises(MetricUnavailableError, match=r"package one 1\.0 cannot be used: it has no method"):
        get_metric("mine")


def test_a_metric_that_fails_when_it_is_made_cannot_be_used(packages):  # noqa: F811
    code = METRIC + "    def __init__(self):\n        raise OSError('no weights')\n"
    packages("one", code, metrics=[("mine", "Metric")])
    with pytest.raises(MetricUnavailableError, match="OSError: no weights"):
        get_metric("mine")
