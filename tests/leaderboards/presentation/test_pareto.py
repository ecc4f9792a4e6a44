"""The Pareto front, and the chart of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboards.presentation.charts.drawing.rendering import as_svg
from leaderboards.presentation.charts.look import Look
from leaderboards.presentation.charts.pareto import LABELS, Costs, pareto_chart
from stats.decisions.pareto import pareto_front
from tests.leaderboards.presentation.test_charts import everything

PARAMETERS = Costs("parameters", "Parameters")
VALUES = st.one_of(st.integers(0, 5).map(float), st.just(np.nan))


def beaten_by_definition(quality, cost):
    """Second implementation: every system against every other one."""

    def beats(j, i):
        as_good, as_cheap = quality[j] >= quality[i], cost[j] <= cost[i]
        return as_good and as_cheap and (quality[j] > quality[i] or cost[j] < cost[i])

    known = [i for i in range(len(quality)) if not np.isnan(quality[i] + cost[i])]
    return [i in known and not any(beats(j, i) for j in known) for i in range(len(quality))]


@given(st.lists(st.tuples(VALUES, VALUES), max_size=8))
def test_the_front_is_what_nobody_beats(systems):
    quality, cost = (np.array([system[k] for system in systems], dtype=float) for k in (0, 1))
    assert pareto_front(quality, cost).tolist() == beaten_by_definition(quality, cost)


def test_by_hand():
    # The small good one beats the middle one; the large one is better than all; the free one is the cheapest.
    quality, cost = np.array([1100.0, 1000.0, 1200.0, 800.0, 1300.0]), np.array([0.8, 2.7, 46.0, 0.0, np.nan])
    assert pareto_front(quality, cost).tolist() == [True, False, True, True, False]


def line(system, quality, cost, half=20.0, regime="zero-shot", size_class="compact"):
    bounds = (None, None) if quality is None or half is None else (quality - half, quality + half)
    values = {"system": system, "regime": regime, "size_class": size_class, "quality": quality, "cost": cost}
    return values | {"lower": bounds[0], "upper": bounds[1], "interval_reason": "" if bounds[0] else "one document"}


def drawn(chart, look=None):
    spec = chart.spec(look or Look())
    assert as_svg(chart, look or Look()).startswith(b"<svg")
    return spec


def test_systems_on_the_front_and_those_below_it():
    chart = pareto_chart(
        [line("a", 1100.0, 8e8), line("b", 1000.0, 3e9), line("c", 1200.0, 4e10)], "Rating", PARAMETERS
    )
    assert [(row[0], row[-1]) for row in chart.rows] == [("a", "yes"), ("b", "no"), ("c", "yes")]
    assert "Beaten by none at their cost or less: a, c." in chart.description
    assert "as good or better for no more: b." in chart.description
    steps = drawn(chart)["layer"][0]["data"]["values"]
    assert [step["cost"] for step in steps[:2]] == [8e8, 4e10]
    assert steps[-1]["quality"] == 1200.0


def test_a_tooltip_says_why_there_is_no_interval():
    chart = pareto_chart([line("a", 1100.0, 8e8), line("b", 1000.0, 3e9, half=None)], "Rating", PARAMETERS)
    rows = next(
        rows for rows in everything(drawn(chart), "values") if isinstance(rows[0], dict) and "interval" in rows[0]
    )
    assert [row["interval"] for row in rows] == ["1080 to 1120", "none: one document"]
    fields = [one["field"] for tooltip in everything(drawn(chart), "tooltip") for one in tooltip]
    assert fields == ["system", "cost", "quality", "interval"]


def test_a_system_without_a_cost_is_a_line_across_that_others_have_to_clear():
    free = line("lead-3", 1050.0, 0.0, regime="baseline", size_class="")
    chart = pareto_chart([line("a", 1100.0, 8e8), line("b", 1000.0, 3e8), free], "Rating", PARAMETERS)
    assert [(row[0], row[-1]) for row in chart.rows] == [("lead-3", "yes"), ("b", "no"), ("a", "yes")]
    spec = drawn(chart)
    assert spec["layer"][0]["mark"]["type"] == "rule"
    (scale,) = {tuple(s["domain"]) for s in everything(spec, "scale") if s.get("type") == "log"}
    assert scale[0] > 0


@pytest.mark.parametrize(
    "lines",
    [
        [line("a", 1000.0, 1e9)],
        [line("a", 1000.0, 1e9, half=None)],
        [line("a", 1000.0, 1e9), line("b", 1000.0, 1e9)],
        [line("lead-3", 900.0, 0.0, regime="baseline", size_class="")],
        [line("a", 1000.0, 1e9), line("b", None, 1e9), line("c", 1000.0, None)],
    ],
    ids=["one system", "no interval", "equals", "only a baseline", "undefined values"],
)
@pytest.mark.parametrize("look", [Look(), Look(True, True)], ids=["wide", "narrow"])
def test_few_and_undefined_values_are_drawn_all_the_same(lines, look):
    chart = pareto_chart(lines, "Rating", PARAMETERS)
    drawn(chart, look)
    assert len(chart.rows) == sum(one["quality"] is not None and one["cost"] is not None for one in lines)
    assert all(row[-1] == "yes" for row in chart.rows)


def test_nothing_to_draw_says_why():
    chart = pareto_chart([line("a", None, 1e9), line("b", 1000.0, None)], "Rating", PARAMETERS)
    assert chart.empty == "No system has both a rating and a known cost yet."


@pytest.mark.parametrize(
    ("measure", "cost", "label"),
    [("parameters", 2e9, "2B"), ("seconds", 5.0, "5 s"), ("price", 0.002, "$0.002"), ("memory", 5e9, "5 GB")],
)
def test_ticks_are_written_in_the_unit(measure, cost, label):
    svg = as_svg(pareto_chart([line("a", 1.0, cost)], "ROUGE-L", Costs(measure, "Cost")), Look()).decode()
    assert f">{label}<" in svg
    assert measure in LABELS
