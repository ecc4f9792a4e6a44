"""What summaries cost: energy, dollars, and the machine they were made on."""

import pytest

from models_runner.runs.machine.energy import EnergyMeter
from models_runner.runs.machine.record import machine_record
from models_runner.systems.prices import cost_in_dollars


def zone(folder, number, microjoules, limit=1_000_000_000):
    path = folder / f"intel-rapl:{number}"
    path.mkdir(exist_ok=True)
    (path / "name").write_text(f"package-{number}\n")
    (path / "energy_uj").write_text(str(microjoules))
    (path / "max_energy_range_uj").write_text(str(limit))


def test_energy_is_the_sum_of_the_packages(tmp_path):
    zone(tmp_path, 0, 1_000_000)
    zone(tmp_path, 1, 5_000_000)
    (tmp_path / "intel-rapl:0:0").mkdir()  # a part of package 0: its energy is in there already
    meter = EnergyMeter(tmp_path)
    zone(tmp_path, 0, 3_500_000)
    zone(tmp_path, 1, 6_000_000)
    assert meter.joules() == pytest.approx(3.5)
    assert meter.sources()[:2] == ["package-0", "package-1"]


def test_a_counter_that_started_over_is_made_up_for(tmp_path):
    zone(tmp_path, 0, 9_000_000, limit=10_000_000)
    meter = EnergyMeter(tmp_path)
    zone(tmp_path, 0, 2_000_000, limit=10_000_000)
    assert meter.joules() == pytest.approx(3.0)


def test_without_a_counter_nothing_is_claimed(tmp_path):
    assert EnergyMeter(tmp_path / "none").joules() is None


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ({"input": 0.5, "output": 1.5}, 0.5 * 2 + 1.5 * 0.1),
        ({"hour": 3.6}, 7.2 / 1000),
        ({"input": 0.5, "hour": 3.6}, 1.0072),
        ({}, None),
    ],
)
def test_cost_is_price_times_use(price, expected):
    assert cost_in_dollars(price, 2_000_000, 100_000, 7.2) == (None if expected is None else pytest.approx(expected))


def test_a_cost_with_a_figure_missing_is_unknown():
    assert cost_in_dollars({"input": 0.5}, None, 10, 1.0) is None
    assert cost_in_dollars({"input": 0.5}, 0, 10, 1.0) == 0


def test_the_machine_is_on_record_without_its_name():
    import socket

    record = machine_record()
    assert record["memory_bytes"] > 100_000_000
    assert record["processor"]
    assert socket.gethostname() not in str(record)


@pytest.mark.parametrize(("part", "expected"), [({}, 0.5), ({"batch": 0.25}, 0.25), ({"batch": 0}, 0)])
def test_tokens_in_a_batch_cost_their_part_of_the_price(part, expected):
    price = {"input": 1.0} | part
    assert cost_in_dollars(price, 1_000_000, 5, None, in_batch=True) == expected
    assert cost_in_dollars(price, 1_000_000, 5, None) == 1.0


def test_a_part_of_no_price_is_no_price():
    assert cost_in_dollars({"batch": 0.5}, 1, 1, None, in_batch=True) is None
