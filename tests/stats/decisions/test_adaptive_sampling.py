"""What adaptive sampling is worth: only what theory says and a clear margin supports; the rest is in the table."""

import csv

import numpy as np
import pytest

from benchmarks import adaptive_sampling as benchmark

VOTES = 1000


@pytest.fixture(scope="module")
def rows():
    found = benchmark.compare(repeats=60, seed=3, scenarios=("close", "wide"), checkpoints=(56, VOTES))
    return {(row.scenario, row.rule, row.votes): row for row in found}


def test_votes_go_to_pairs_as_the_cube_root_of_their_variance():
    # The rule evens out sqrt(V) / n^1.5, what one more vote brings; so n is proportional to V^(1/3).
    # Not so far apart that the prior decides over the variance of the clearest pairs.
    strengths = benchmark.strengths_of(0.3)
    *_, state = benchmark.simulate(strengths, adaptive=True, repeats=20, checkpoints=(4000,), seed=1, epsilon=0.001)
    first, second = benchmark.pairs_of(8)
    chance = 1 / (1 + np.exp(strengths[second] - strengths[first]))
    expected = (chance * (1 - chance)) ** (1 / 3)
    shares = state.votes.mean(axis=0) / 4000
    assert shares == pytest.approx(expected / expected.sum(), rel=0.15)


def test_standard_errors_of_win_rates_are_smaller_where_systems_are_far_apart(rows):
    # By Hölder's inequality the best split has (sum V^(1/3))^1.5 / (sqrt(28) sum sqrt(V)) = 0.94 of the even one's.
    adaptive, uniform = rows["wide", "adaptive", VOTES], rows["wide", "uniform", VOTES]
    assert 0.92 < adaptive.standard_error / uniform.standard_error < 0.98


def test_nothing_is_lost_where_all_pairs_are_alike(rows):
    adaptive, uniform = rows["close", "adaptive", VOTES], rows["close", "uniform", VOTES]
    assert adaptive.width == pytest.approx(uniform.width, rel=0.03)
    assert adaptive.order_errors == pytest.approx(uniform.order_errors, abs=0.05)


@pytest.mark.simulation
@pytest.mark.parametrize("scenario", ["close", "wide"])
@pytest.mark.parametrize("rule", benchmark.RULES)
def test_known_strengths_are_recovered_with_more_votes(rows, scenario, rule):
    few, many = rows[scenario, rule, 56], rows[scenario, rule, VOTES]
    assert many.strength_error < few.strength_error
    assert many.order_errors < few.order_errors
    assert many.width < few.width


def test_weights_change_the_fit_and_not_the_votes(rows):
    plain, weighted = rows["wide", "adaptive", VOTES], rows["wide", "adaptive, weighted", VOTES]
    assert plain.width == weighted.width
    assert plain.strength_error != weighted.strength_error


@pytest.mark.simulation
def test_table_and_files_are_written(rows, tmp_path, capsys):
    benchmark.print_table(list(rows.values()))
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(rows)
    benchmark.write_csv(list(rows.values()), tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(rows)
    pytest.importorskip("matplotlib")
    benchmark.write_svg(list(rows.values()), tmp_path / "chart.svg")
    assert "<svg" in (tmp_path / "chart.svg").read_text()
