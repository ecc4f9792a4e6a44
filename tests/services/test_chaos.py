"""What `make chaos` does and when, which the seed says; what it finds it says by itself."""

import random
from collections import Counter

from benchmarks.chaos.faults import Plan, schedule

PLAN = Plan(seconds=160, kills=101, restarts=20, wipes=5)


def test_the_schedule_has_every_fault_within_the_time_and_is_that_of_its_seed():
    events = schedule(PLAN, random.Random(1))
    assert Counter(fault for _, fault in events) == {
        "worker": 51, "web": 50, "restart": 20, "wipe": 5, "fill": 1, "forward": 1, "back": 1
    }  # fmt: skip
    assert all(0 <= at <= 160 for at, _ in events)
    assert events == sorted(events) == schedule(PLAN, random.Random(1)) != schedule(PLAN, random.Random(2))


def test_each_kind_is_spread_over_the_whole_time():
    restarts = [at for at, fault in schedule(PLAN, random.Random(3)) if fault == "restart"]
    assert [int(at // 8) for at in restarts] == list(range(20))
